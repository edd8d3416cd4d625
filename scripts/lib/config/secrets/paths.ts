import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { UsageError } from '../../errors.js';

/** Where the secrets of one environment are kept. */
export interface SecretPaths {
  environment: string;
  /** Encrypted; belongs into the repository. */
  encrypted: string;
  /** For whom, a recipient a line; belongs into the repository. */
  recipients: string;
  /** In clear text, until they are encrypted; git ignores it. */
  plain: string;
}

/**
 * @param dotenv the .env file's absolute path; what belongs to an environment lies beside it
 * @param environment its name, such as production
 * @throws UsageError for what is no name
 */
export function secretPaths(dotenv: string, environment: string): SecretPaths {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(environment) || environment === 'example') {
    throw new UsageError(`${JSON.stringify(environment)}: is no environment`, { hints: ['such as staging or production'] });
  }
  const base = `${dotenv}.${environment}`;
  return { environment, encrypted: `${base}.age`, recipients: `${base}.recipients`, plain: `${base}.secrets` };
}

/**
 * @param dotenv the .env file's absolute path
 * @param given the environment that was typed
 * @returns it, or the only one that there is
 * @throws UsageError when it has to be said
 */
export function environmentOr(dotenv: string, given: string | undefined): string {
  if (given !== undefined) return given;
  const known = environmentsBeside(dotenv);
  const [only] = known;
  if (only !== undefined && known.length === 1) return only;
  const hint = known.length === 0 ? 'such as staging or production' : `there are ${known.join(', ')}`;
  throw new UsageError('the environment is missing', { hints: [hint] });
}

/** @returns the environments that have an encrypted file or a list of recipients beside the .env file, sorted */
function environmentsBeside(dotenv: string): string[] {
  const start = `${basename(dotenv)}.`;
  const names = readdirSync(dirname(dotenv)).flatMap((name) => {
    const [, environment] = /^([a-z][a-z0-9-]*)\.(?:age|recipients)$/.exec(name.startsWith(start) ? name.slice(start.length) : '') ?? [];
    return environment === undefined ? [] : [environment];
  });
  return [...new Set(names)].sort();
}
