import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';
import { parseWindow } from './deploy-window.js';
import { parseDuration, parseLongDuration } from './durations.js';
import { environments, isStrict } from './environments.js';

const text = (pattern: RegExp, should: string) => z.string().regex(pattern, `should be ${should}`);
const port = z
  .string()
  .refine((value) => /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535, 'should be a port between 1 and 65535')
  .transform(Number);
/** nginx takes 0 for "no limit" in some places and "at once" in others: neither is what a person means here. */
const SHORTEST_MS = 1_000;
const duration = z
  .string()
  .refine((value) => (parseDuration(value) ?? 0) >= SHORTEST_MS, 'should be a duration of at least 1s, such as 30s')
  .transform((value) => parseDuration(value) as number);
/** What is younger may still be somebody's work of this very moment. */
const SHORTEST_AGE_MS = 3_600_000;
const rate = text(/^(off|[1-9]\d*r\/[sm])$/, 'a rate such as 10r/s or 5r/m, or off');
const list = z.string().transform((value) => value.split(/[\s,]+/).filter(Boolean));
const optional = z.string().transform((value) => value || undefined);
const image = text(/^[\w][\w./:@-]+$/, 'an image name such as nginx:1.30');
const secret = (least: number) => z.string().min(least, `should be at least ${least} characters long`);

/** The form alone: that it ever fires is looked at where it is used. */
const cron = text(/^(off|\S+( \S+){4})$/, 'a cron expression such as "0 2 * * *", or off');
const count = z
  .string()
  .refine((value) => /^\d{1,5}$/.test(value), 'should be a whole number')
  .transform(Number);

/** The name of a variable, as in an environment. */
const variableName = /^[A-Z_][A-Z0-9_]*$/;
/** `path`, or `name=path`. A name in capitals alone would be taken for one of the keys, which lie in the same folder. */
const secretFile = /^([A-Za-z0-9][\w.-]{0,63}=)?[^=]+$/;

const webhook = z.string().refine(isWebhook, 'should be a URL without a user and a password, or nothing').default('');

const hostName = /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

/** An address, or a network such as 10.0.0.0/8. */
function isNetwork(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  const version = isIP(address);
  return version !== 0 && rest.length === 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)));
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function isUrl(value: string): boolean {
  return /^https?:\/\//.test(value) && URL.canParse(value);
}

/** A webhook's token stands in its path. fetch refuses a URL with a user and a password, and repeats it when it does. */
function isWebhook(value: string): boolean {
  return value === '' || (isUrl(value) && new URL(value).username === '' && new URL(value).password === '');
}

function isEndpoint(value: string): boolean {
  return value === '' || (isUrl(value) && new URL(value).pathname === '/');
}

/** Below this (MiB) Postgres and Redis have no room to start in. */
const LEAST_MEMORY_MIB = 256;

function isMemory(value: string): boolean {
  const match = /^(\d+(?:\.\d+)?)([mg])$/.exec(value);
  return value === '' || (match !== null && Number(match[1]) * (match[2] === 'g' ? 1024 : 1) >= LEAST_MEMORY_MIB);
}

/** Every key of `.env`: its form, and the words to say when a value does not have it. `.env.example` is held against this. */
export const schema = z.object({
  SLIPWAY_ENV: z.enum(environments, { error: `should be ${environments.slice(0, -1).join(', ')} or ${environments.at(-1)}` }),
  STACK: text(/^[a-z][a-z0-9-]{0,30}$/, 'lower-case letters, digits and "-", beginning with a letter, at most 31 characters').refine(
    (name) => !/-(blue|green|dev|app|data|deck)$/.test(name),
    'should not end with a word that the projects of a stack end with (-blue, -green, -dev, -app, -data, -deck)',
  ),
  APP_COMPOSE: list.refine((files) => files.length > 0, 'should name at least one Compose file'),
  APP_ENV_FILE: optional,
  REGISTRY: text(/^([\w][\w.:/-]*[\w])?$/, 'a registry and path such as ghcr.io/acme, without https:// and without a final /'),

  HTTP_PORT: port,
  HTTPS_PORT: port,
  BIND_ADDRESS: z.string().refine(isIPv4, 'should be an IPv4 address such as 127.0.0.1 or 0.0.0.0'),
  SERVER_NAMES: list.refine(
    (names) => names.length > 0 && names.every((name) => hostName.test(name)),
    'should be host names such as example.com,www.example.com',
  ),
  TLS: z.enum(['off', 'self-signed', 'files'], { error: 'should be off, self-signed or files' }),
  TLS_CERT_FILE: optional,
  TLS_KEY_FILE: optional,
  TRUSTED_PROXIES: list.refine((entries) => entries.every(isNetwork), 'should be addresses or networks such as 10.0.0.0/8'),
  RATE_API: rate,
  RATE_AUTH: rate,
  RATE_ADDRESS: rate,
  BODY_LIMIT: text(/^\d+[kmg]?$/, 'a size such as 20m'),
  KEEPALIVE_TIMEOUT: duration,
  DRAIN_TIMEOUT: duration,
  HEALTH_TIMEOUT: duration,
  RETIRE: z.enum(['stop', 'warm'], { error: 'should be stop or warm' }),
  RETAIN_RELEASES: count.refine((value) => value >= 2, 'should be at least 2: the live release and one to go back to'),
  BAKE_TIME: z
    .string()
    .refine((value) => parseDuration(value) !== undefined, 'should be a duration such as 10s, or 0s')
    .transform((value) => parseDuration(value) as number),
  BAKE_MAX_ERRORS: text(/^(off|\d{1,2}(\.\d+)?%)$/, 'a percentage such as 1% or 0.5%, or off').transform((value) =>
    value === 'off' ? undefined : Number.parseFloat(value) / 100,
  ),
  BAKE_MAX_SLOWDOWN: text(/^(off|[1-9]\d?(\.\d+)?)$/, 'a number from 1 such as 3 or 1.5, or off').transform((value) =>
    value === 'off' ? undefined : Number(value),
  ),
  PRUNE_AFTER: z
    .string()
    .refine((value) => (parseLongDuration(value) ?? 0) >= SHORTEST_AGE_MS, 'should be a duration of at least 1h, such as 30d')
    .transform((value) => parseLongDuration(value) as number),
  DEPLOY_WINDOW: z
    .string()
    .refine((value) => parseWindow(value) !== undefined, 'should be days and times such as Mon-Fri 08:00-17:00, or nothing'),
  HOOKS_FOLDER: z.string().min(1, 'should name a folder'),
  DEPLOY_WEBHOOK_URL: webhook,

  DB_NAME: text(/^[a-z_][a-z0-9_]{0,62}$/, 'a database name of lower-case letters, digits and "_"'),
  DB_USER: text(/^[a-z_][a-z0-9_]{0,62}$/, 'a role name of lower-case letters, digits and "_"').refine(
    (name) => name !== 'postgres',
    'should not be postgres: the app gets a role of its own, without superuser rights',
  ),
  DB_PASSWORD: secret(12),
  POSTGRES_PASSWORD: secret(12),
  REDIS_PASSWORD: secret(12),
  SECRET_KEY: secret(50),
  SECRET_FILES: list.refine(
    (entries) => entries.every((entry) => secretFile.test(entry)),
    'should be files such as keys/google.json, or google.json=keys/google-production.json',
  ),
  AGE_IDENTITY: text(
    /^(AGE-SECRET-KEY-[A-Z0-9-]+([\s,]+AGE-SECRET-KEY-[A-Z0-9-]+)*)?$/,
    'age identities (AGE-SECRET-KEY-…), or nothing',
  ).default(''),
  AGE_IDENTITY_FILE: optional,
  SECRETS_PROVIDER: z.enum(['none', 'docker', 'vault', 'aws'], { error: 'should be none, docker, vault or aws' }),
  SECRETS_KEYS: list.refine(
    (keys) => keys.every((key) => variableName.test(key)),
    'should be names of keys such as DB_PASSWORD,SECRET_KEY',
  ),
  SECRETS_FOLDER: z.string().min(1, 'should name a folder'),
  // Shells have these for other uses as well: what is wrong in them is told when they are used.
  VAULT_ADDR: z.string(),
  VAULT_NAMESPACE: z.string(),
  VAULT_MOUNT: z.string(),
  VAULT_PATH: z.string(),
  VAULT_TOKEN: z.string().default(''),
  VAULT_ROLE_ID: z.string(),
  VAULT_SECRET_ID: z.string().default(''),
  AWS_SECRET_ID: z.string(),

  S3_BUCKET: text(/^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/, 'a bucket name, or nothing to keep backups in a volume of the stack'),
  S3_ENDPOINT: z.string().refine(isEndpoint, 'should be a URL such as https://s3.example.com, or nothing for AWS'),
  S3_PREFIX: text(/^([\w][\w./-]*)?$/, 'a path inside the bucket such as backups, without "/" at its beginning').transform((path) =>
    path.replace(/\/+$/, ''),
  ),
  S3_PATH_STYLE: z.enum(['auto', 'on', 'off'], { error: 'should be auto, on or off' }),
  S3_STORAGE_CLASS: text(/^[A-Z_]*$/, 'a storage class such as STANDARD_IA, or nothing'),
  S3_SSE: z.enum(['', 'AES256', 'aws:kms'], { error: 'should be AES256, aws:kms or nothing' }),
  S3_SSE_KMS_ID: optional,
  S3_MAX_PARTS: z
    .string()
    .refine((value) => /^\d+$/.test(value) && Number(value) >= 100 && Number(value) <= 10_000, 'should be a number from 100 to 10000')
    .transform(Number),
  AWS_REGION: text(/^[a-z0-9-]+$/, 'a region such as eu-central-1'),
  AWS_ACCESS_KEY_ID: z.string().default(''),
  AWS_SECRET_ACCESS_KEY: z.string().default(''),
  BACKUP_STORES: list.refine(
    (names) => names.every((name) => name === 's3' || name === 'local'),
    'should be s3, local or both, or nothing for s3 when S3_BUCKET is set and else local',
  ),
  BACKUP_DATABASES: list,
  BACKUP_SCHEDULE: cron,
  BACKUP_DRILL_SCHEDULE: cron,
  BACKUP_JITTER: z
    .string()
    .refine((value) => parseDuration(value) !== undefined, 'should be a duration such as 5m')
    .transform((value) => parseDuration(value) as number),
  BACKUP_RETENTION_DAYS: count,
  BACKUP_RETENTION_COUNT: count,
  BACKUP_RETENTION_WEEKLY: count,
  BACKUP_RETENTION_MONTHLY: count,
  BACKUP_AGE_RECIPIENTS: list.refine(
    (keys) => keys.every((key) => /^age1[a-z0-9]{20,}$/.test(key)),
    'should be age recipients (age1…), which age-keygen prints as public keys',
  ),
  BACKUP_AGE_IDENTITY: text(/^(AGE-SECRET-KEY-[A-Z0-9-]+)?$/, 'an age identity (AGE-SECRET-KEY-…), or nothing').default(''),
  BACKUP_WEBHOOK_URL: webhook,
  VACUUM_SCHEDULE: cron,

  NGINX_IMAGE: image,
  NODE_IMAGE: image,
  POSTGRES_IMAGE: image,
  REDIS_IMAGE: image,
  STACK_MEMORY: z.string().refine(isMemory, 'should be a size of at least 256m, such as 4g, or nothing for all of the machine'),
  TZ: z.string().refine(isTimeZone, 'should be a time zone such as Europe/Berlin'),

  DEV_COMPOSE: list.refine((files) => files.length > 0, 'should name at least one Compose file'),
  DEV_PORT: port,
  DEV_BACKEND_PORT: port,
  DEV_DEBUG_PORT: port,
  DEV_WORKER_DEBUG_PORT: port,
  DEV_POSTGRES_PORT: port,
  DEV_REDIS_PORT: port,
  DEV_S3_PORT: port,
  DEV_MAIL_PORT: port,
  DEV_S3_IMAGE: image,
  DEV_MAIL_IMAGE: image,
});

export type Settings = z.output<typeof schema>;
export type Key = keyof Settings;

/** Keys whose values must never be shown, and that every stack needs. */
export const requiredSecretKeys = ['DB_PASSWORD', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'SECRET_KEY'] as const satisfies readonly Key[];
/** Keys whose values must never be shown, and that may be left empty. */
export const optionalSecretKeys = [
  'AGE_IDENTITY',
  'VAULT_TOKEN',
  'VAULT_SECRET_ID',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'BACKUP_AGE_IDENTITY',
  'BACKUP_WEBHOOK_URL',
  'DEPLOY_WEBHOOK_URL',
] as const satisfies readonly Key[];
export const secretKeys = [...requiredSecretKeys, ...optionalSecretKeys] as const;
export type RequiredSecretKey = (typeof requiredSecretKeys)[number];
export type SecretKey = (typeof secretKeys)[number];

/** @returns whether the values of a key must never be shown */
export function isSecretKey(key: string): key is SecretKey {
  return (secretKeys as readonly string[]).includes(key);
}

/** What holds when a key is not set. Secrets have no default. */
export const defaults: Readonly<Record<Exclude<Key, SecretKey>, string>> = {
  SLIPWAY_ENV: 'production',
  STACK: 'slipway',
  APP_COMPOSE: 'compose/blue-green.yml',
  APP_ENV_FILE: '',
  REGISTRY: '',
  HTTP_PORT: '8080',
  HTTPS_PORT: '8443',
  BIND_ADDRESS: '127.0.0.1',
  SERVER_NAMES: 'localhost',
  TLS: 'off',
  TLS_CERT_FILE: '',
  TLS_KEY_FILE: '',
  TRUSTED_PROXIES: '',
  RATE_API: '10r/s',
  RATE_AUTH: '5r/m',
  RATE_ADDRESS: '400r/m',
  BODY_LIMIT: '20m',
  KEEPALIVE_TIMEOUT: '15s',
  DRAIN_TIMEOUT: '30s',
  HEALTH_TIMEOUT: '120s',
  RETIRE: 'stop',
  RETAIN_RELEASES: '5',
  BAKE_TIME: '10s',
  BAKE_MAX_ERRORS: '1%',
  BAKE_MAX_SLOWDOWN: '3',
  PRUNE_AFTER: '30d',
  DEPLOY_WINDOW: '',
  HOOKS_FOLDER: 'hooks',
  DB_NAME: 'app',
  DB_USER: 'app',
  SECRET_FILES: '',
  AGE_IDENTITY_FILE: '',
  SECRETS_PROVIDER: 'none',
  SECRETS_KEYS: '',
  SECRETS_FOLDER: '/run/secrets',
  VAULT_ADDR: '',
  VAULT_NAMESPACE: '',
  VAULT_MOUNT: 'secret',
  VAULT_PATH: '',
  VAULT_ROLE_ID: '',
  AWS_SECRET_ID: '',
  S3_BUCKET: '',
  S3_ENDPOINT: '',
  S3_PREFIX: '',
  S3_PATH_STYLE: 'auto',
  S3_STORAGE_CLASS: '',
  S3_SSE: '',
  S3_SSE_KMS_ID: '',
  S3_MAX_PARTS: '10000',
  AWS_REGION: 'us-east-1',
  BACKUP_STORES: '',
  BACKUP_DATABASES: '',
  BACKUP_SCHEDULE: '0 2 * * *',
  BACKUP_DRILL_SCHEDULE: '0 4 * * *',
  BACKUP_JITTER: '0s',
  BACKUP_RETENTION_DAYS: '30',
  BACKUP_RETENTION_COUNT: '7',
  BACKUP_RETENTION_WEEKLY: '4',
  BACKUP_RETENTION_MONTHLY: '12',
  BACKUP_AGE_RECIPIENTS: '',
  VACUUM_SCHEDULE: '30 3 1 * *',
  NGINX_IMAGE: 'nginx:1.30',
  NODE_IMAGE: 'node:24',
  POSTGRES_IMAGE: 'postgres:18',
  REDIS_IMAGE: 'redis:8',
  STACK_MEMORY: '',
  TZ: 'UTC',
  DEV_COMPOSE: 'compose/dev.yml',
  DEV_PORT: '3000',
  DEV_BACKEND_PORT: '8000',
  DEV_DEBUG_PORT: '9229',
  DEV_WORKER_DEBUG_PORT: '9230',
  DEV_POSTGRES_PORT: '5432',
  DEV_REDIS_PORT: '6379',
  DEV_S3_PORT: '9000',
  DEV_MAIL_PORT: '8025',
  DEV_S3_IMAGE: 'chrislusf/seaweedfs:4.44',
  DEV_MAIL_IMAGE: 'axllent/mailpit:v1.30',
};

/**
 * @param environment what SLIPWAY_ENV says
 * @returns what the keys have to be there: where nothing is at stake, a secret may be as short as one likes
 */
export function schemaFor(environment: string | undefined): typeof schema {
  if (isStrict(environment)) return schema;
  const short = z.string().min(1, 'should not be empty');
  return schema.extend({ DB_PASSWORD: short, POSTGRES_PASSWORD: short, REDIS_PASSWORD: short, SECRET_KEY: short });
}
