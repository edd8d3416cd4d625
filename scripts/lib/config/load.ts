import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { parseDotenv } from './dotenv-file.js';
import { parseDuration } from './durations.js';
import { type Names, namesOf } from './names.js';
import { projectRoot } from './root.js';
import { defaults, type Key, type SecretKey, type Settings, schema, secretKeys } from './schema.js';
import { Secret } from './secret.js';

/** One stack's whole configuration, checked. */
export interface Config {
  settings: Omit<Settings, SecretKey>;
  secrets: Readonly<Record<SecretKey, Secret>>;
  /** The app's own variables, from APP_ENV_FILE. */
  appEnv: Readonly<Record<string, string>>;
  names: Names;
  root: string;
  /** The .env file that was read. */
  file: string;
  /** The raw text of every key that is no secret, for interpolation in Compose files. */
  raw: Readonly<Record<string, string>>;
  /** The process's environment, for the programs that are started. */
  environment: Readonly<NodeJS.ProcessEnv>;
}

/**
 * @param dotenv the path that --dotenv gave, or undefined for the project's `.env`
 * @returns the absolute path of the .env file
 */
export function dotenvPath(dotenv: string | undefined): string {
  return dotenv === undefined ? resolve(projectRoot, '.env') : resolve(dotenv);
}

/**
 * Reads and checks the configuration: defaults, then the .env file, then the process's environment; later wins.
 *
 * @param dotenv the path that --dotenv gave, or undefined for the project's `.env`
 * @param environment the process's environment; only this function and the clients' spawn options look at it
 * @returns the configuration
 * @throws UsageError listing every problem at once, a line each
 */
export function loadConfig(dotenv?: string, environment: NodeJS.ProcessEnv = process.env): Config {
  const file = dotenvPath(dotenv);
  if (!isFile(file)) {
    throw new UsageError(`${file}: there is no such file`, { hints: ['type: npm run setup   (it writes one with strong random secrets)'] });
  }
  const { values, strayLines } = parseDotenv(readFileSync(file, 'utf8'));
  const problems = strayLines.map((line) => `${file}:${line}: should be KEY=value`);

  const input: Record<string, string> = { ...defaults, ...values };
  for (const key of Object.keys(schema.shape)) {
    const value = environment[key];
    // TZ is set by many shells for other reasons; the file's word counts.
    if (value !== undefined && key !== 'TZ') input[key] = value;
  }

  const result = schema.safeParse(input);
  if (!result.success) problems.push(...result.error.issues.map((issue) => describe(issue.path[0] as Key, issue.message, input)));
  const appEnv = readAppEnv(input.APP_ENV_FILE, problems);
  problems.push(...acrossKeys(input));
  if (!result.success || problems.length > 0) {
    throw new UsageError(`the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`, {
      details: problems,
      hints: [`mend ${file}; .env.example explains every key`],
    });
  }

  const settings = Object.fromEntries(Object.entries(result.data).filter(([key]) => !isSecret(key))) as Config['settings'];
  return {
    settings,
    secrets: Object.fromEntries(secretKeys.map((key) => [key, new Secret(result.data[key])])) as Config['secrets'],
    appEnv,
    names: namesOf(settings.STACK),
    root: projectRoot,
    file,
    raw: Object.fromEntries(Object.keys(defaults).map((key) => [key, input[key] ?? ''])),
    environment,
  };
}

function describe(key: Key, message: string, input: Record<string, string>): string {
  const value = input[key];
  if (value === undefined) return `${key}: is missing`;
  if (isSecret(key)) return `${key}: ${message}, got ${value.length} characters`;
  return `${key}: ${message}, got ${JSON.stringify(value)}`;
}

function isSecret(key: string): boolean {
  return (secretKeys as readonly string[]).includes(key);
}

/** What no key shows by itself. It looks at the text of the keys, so that it is told together with what is wrong in one. */
function acrossKeys(input: Record<string, string>): string[] {
  const problems: string[] = [];
  const { HTTP_PORT, HTTPS_PORT, TLS, APP_COMPOSE = '' } = input;
  if (input.BACKUP_STORES?.includes('s3') && !input.S3_BUCKET) problems.push('S3_BUCKET: should name a bucket, since BACKUP_STORES has s3');
  if (Boolean(input.AWS_ACCESS_KEY_ID) !== Boolean(input.AWS_SECRET_ACCESS_KEY))
    problems.push('AWS_SECRET_ACCESS_KEY: should be set when AWS_ACCESS_KEY_ID is, and the other way round');
  if (HTTP_PORT === HTTPS_PORT) problems.push(`HTTPS_PORT: should differ from HTTP_PORT, got ${HTTPS_PORT} for both`);
  const [keepAlive, drain] = [parseDuration(input.KEEPALIVE_TIMEOUT ?? ''), parseDuration(input.DRAIN_TIMEOUT ?? '')];
  if (keepAlive && drain && keepAlive >= drain) {
    problems.push('DRAIN_TIMEOUT: should be longer than KEEPALIVE_TIMEOUT, or idle connections are cut off under a request');
  }
  if (TLS === 'files') {
    for (const key of ['TLS_CERT_FILE', 'TLS_KEY_FILE'] as const) {
      if (!input[key]) problems.push(`${key}: should name a PEM file, since TLS is files`);
      else if (!isFile(fromRoot(input[key]))) problems.push(`${key}: there is no file ${input[key]}`);
    }
  }
  for (const path of APP_COMPOSE.split(/[\s,]+/).filter(Boolean)) {
    if (!isFile(fromRoot(path))) problems.push(`APP_COMPOSE: there is no file ${path}`);
  }
  return problems;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function readAppEnv(path: string | undefined, problems: string[]): Record<string, string> {
  if (!path) return {};
  const file = fromRoot(path);
  if (!isFile(file)) {
    problems.push(`APP_ENV_FILE: there is no file ${path}`);
    return {};
  }
  const { values, strayLines } = parseDotenv(readFileSync(file, 'utf8'));
  problems.push(...strayLines.map((line) => `${path}:${line}: should be KEY=value`));
  return values;
}

/**
 * @param path a path as the configuration gives it
 * @returns the absolute path; relative ones count from the project's folder
 */
export function fromRoot(path: string): string {
  return isAbsolute(path) ? path : resolve(projectRoot, path);
}

/**
 * @param config the stack's configuration
 * @param name a variable's name, such as the one that a check's `bearer` gives
 * @returns its value: the process's environment, then APP_ENV_FILE
 */
export function variable(config: Config, name: string): string | undefined {
  return config.environment[name] ?? config.appEnv[name];
}
