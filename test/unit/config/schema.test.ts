import { describe, expect, test } from 'vitest';
import { defaults, type Key, schema, secretKeys } from '../../../scripts/lib/config/schema.js';

const names = ['a', 'app', '_app', 'app_2', 'a'.repeat(63)];
const noNames = ['', '1app', 'App', 'my-app', 'a b', "a'b", 'a"; DROP', 'a'.repeat(64)];
const ports = ['1', '80', '8080', '65535'];
const noPorts = ['', '0', '65536', '-1', '80.5', '8e1', '0x50', ' 80', 'http'];
const durations = ['1s', '1000ms', '1.5s', '30s', '5m', '1h'];
const noDurations = ['', '0s', '500ms', '30', '-1s', 'soon', '30 s', '1d'];
const rates = ['off', '10r/s', '5r/m'];
const noRates = ['', '0r/s', '10', '10/s', '10r/h', '-1r/s', '1.5r/s', '10r/s;', 'none'];
const images = ['nginx:1.30', 'slipway/postgres:18', 'ghcr.io/acme/node:24', `redis@sha256:${'a'.repeat(64)}`, 'localhost:5000/nginx:1'];
const noImages = ['', '-v', '/nginx', 'nginx 1.30', 'nginx:1.30;id', '$(id)', 'nginx\n'];
const passwords = ['x'.repeat(12), 'p#ss $w0rd "@\'', 'ÄÖÜßäöüéèà한글'];
const noPasswords = ['', 'short', 'x'.repeat(11)];
const files = ['', 'tls/site.crt', '/etc/ssl/site.crt'];

/** For every key: values that are fine, and values that are refused. */
const schedules = ['0 2 * * *', '*/5 * * * *', 'off', '0 0 1 1 0'];
const noSchedules = ['', 'daily', '0 2 * *', '0 2 * * * *', '@daily'];
const counts = ['0', '7', '30'];
const noCounts = ['', '-1', '1.5', 'many', '30d'];
const webhooks = {
  good: ['', 'https://hooks.example.com/x?y=z'],
  bad: ['hooks.example.com', 'file:///etc/passwd', 'https://', 'https://ada:secret@hooks.example.com/x', 'https://token@hooks.example.com'],
};
const values: Record<Key, { good: string[]; bad: string[] }> = {
  SLIPWAY_ENV: { good: ['development', 'test', 'staging', 'production'], bad: ['', 'prod', 'Production', 'production ', '../x'] },
  STACK: {
    good: ['a', 'slipway', 'shop-2', 'a'.repeat(31)],
    bad: ['', 'Shop', '2shop', '-shop', 'my_shop', 'my shop', 'a.b', 'a'.repeat(32), 'shop\n', '../x'],
  },
  APP_COMPOSE: { good: ['compose/blue-green.yml', 'a.yml,b.yml', 'a.yml, b.yml'], bad: ['', ' ', ','] },
  APP_ENV_FILE: { good: files, bad: [] },
  REGISTRY: {
    good: ['', 'ghcr.io/acme', 'localhost:5000', 'acme', 'registry.example.com:5000/a/b'],
    bad: ['https://', 'ghcr.io/acme/', '/acme', ' ', 'a b', '-x/y', 'ghcr.io/$(id)'],
  },
  HTTP_PORT: { good: ports, bad: noPorts },
  HTTPS_PORT: { good: ports, bad: noPorts },
  BIND_ADDRESS: {
    good: ['127.0.0.1', '0.0.0.0', '192.168.1.20'],
    // Compose wants IPv6 addresses in brackets, so ::1 would not parse.
    bad: ['', '::1', '999.999.999.999', 'localhost', '127.0.0', '127.0.0.1:80', '127.0.0.1/8', 'example.com', '1.2.3.4;'],
  },
  SERVER_NAMES: {
    good: [
      'localhost',
      'example.com',
      'example.com,www.example.com',
      'a.example.com b.example.com',
      '*.example.com',
      'xn--bcher-kva.example',
    ],
    bad: [
      '',
      ',',
      'a..example.com',
      '.example.com',
      'https://example.com',
      'example.com/x',
      'exam_ple.com',
      '-a.com',
      'a.com;',
      'a.com,b c;d',
      '*',
      'a.*.com',
      "a'.com",
    ],
  },
  TLS: { good: ['off', 'self-signed', 'files'], bad: ['', 'on', 'OFF', 'true'] },
  TLS_CERT_FILE: { good: files, bad: [] },
  TLS_KEY_FILE: { good: files, bad: [] },
  TRUSTED_PROXIES: {
    good: ['', '10.0.0.0/8', '10.0.0.1', '10.0.0.0/8,192.168.0.0/16', '2001:db8::/32', '::1'],
    bad: [
      'proxy.example.com',
      '10.0.0.0/33',
      '10.0.0.0/999',
      '2001:db8::/129',
      ':::::',
      '999.0.0.1',
      '10.0.0.0/8/8',
      '10.0.0.0/',
      '10.0.0/8',
      '10.0.0.0/8;',
      'all',
      '10.0.0.0/-1',
    ],
  },
  RATE_API: { good: rates, bad: noRates },
  RATE_AUTH: { good: rates, bad: noRates },
  RATE_ADDRESS: { good: rates, bad: noRates },
  BODY_LIMIT: { good: ['1024', '20m', '512k', '1g', '0'], bad: ['', '20mb', '20 m', '20M', '-1m', '1.5m', '20m;'] },
  KEEPALIVE_TIMEOUT: { good: durations, bad: noDurations },
  DRAIN_TIMEOUT: { good: durations, bad: noDurations },
  HEALTH_TIMEOUT: { good: durations, bad: noDurations },
  RETIRE: { good: ['stop', 'warm'], bad: ['', 'keep', 'Stop'] },
  RETAIN_RELEASES: { good: ['2', '5', '100'], bad: [...noCounts, '0', '1'] },
  BAKE_TIME: { good: ['0s', '500ms', '10s', '1h'], bad: ['', '10', 'ten', '-1s'] },
  BAKE_MAX_ERRORS: { good: ['1%', '0.5%', '0%', 'off'], bad: ['', '1', '-1%', '100%', '1 %'] },
  BAKE_MAX_SLOWDOWN: { good: ['1', '3', '1.5', 'off'], bad: ['', '0', '0.5', '-2', '3x'] },
  PRUNE_AFTER: { good: ['1h', '36h', '1d', '30d', '1.5d'], bad: ['', '30', '0d', '59m', '-1d', '1w', '30 d', 'never'] },
  DEPLOY_WINDOW: {
    good: ['', 'Mon-Fri 08:00-17:00', 'Fri-Mon 22:00-02:00, Wed 10:00-24:00'],
    bad: ['daily', 'Mon', 'Mon 8-17', 'Mon 08:00-08:00', 'Xyz 08:00-09:00', 'Mon 08:60-09:00', 'Mon 08:00-25:00'],
  },
  HOOKS_FOLDER: { good: ['hooks', '/etc/slipway/hooks'], bad: [''] },
  DEPLOY_WEBHOOK_URL: webhooks,
  DB_NAME: { good: names, bad: noNames },
  DB_USER: { good: names, bad: [...noNames, 'postgres'] },
  DB_PASSWORD: { good: passwords, bad: noPasswords },
  POSTGRES_PASSWORD: { good: passwords, bad: noPasswords },
  REDIS_PASSWORD: { good: passwords, bad: noPasswords },
  SECRET_KEY: { good: ['x'.repeat(50)], bad: ['', 'x'.repeat(49)] },
  SECRET_FILES: {
    good: ['', 'keys/google.json', '/etc/keys/google.json.age', 'google.json=keys/production.json', 'a.json,b.pem=c.pem'],
    bad: ['=keys/google.json', 'google.json=', 'a/b=c.json', 'a=b=c', '../x=y', '.hidden=y'],
  },
  AGE_IDENTITY: {
    good: ['', 'AGE-SECRET-KEY-1QQQ', 'AGE-SECRET-KEY-1QQQ,AGE-SECRET-KEY-PQ-1QQQ', 'AGE-SECRET-KEY-1QQQ\nAGE-SECRET-KEY-1PPP'],
    bad: ['age1qqq', 'secret', 'AGE-SECRET-KEY-1QQQ x'],
  },
  AGE_IDENTITY_FILE: { good: ['', '~/.config/sops/age/keys.txt', 'key.txt'], bad: [] },
  SECRETS_PROVIDER: { good: ['none', 'docker', 'vault', 'aws'], bad: ['', 'Vault', 'env', 'gcp'] },
  SECRETS_KEYS: { good: ['', 'DB_PASSWORD', 'DB_PASSWORD, SECRET_KEY'], bad: ['db_password', 'DB-PASSWORD', 'A=B', '1A'] },
  SECRETS_FOLDER: { good: ['/run/secrets', 'secrets'], bad: [''] },
  VAULT_ADDR: { good: ['', 'https://vault.example.com:8200'], bad: [] },
  VAULT_NAMESPACE: { good: ['', 'team/shop'], bad: [] },
  VAULT_MOUNT: { good: ['secret', 'kv/apps'], bad: [] },
  VAULT_PATH: { good: ['', 'shop/production'], bad: [] },
  VAULT_TOKEN: { good: ['', 'hvs.CAES'], bad: [] },
  VAULT_ROLE_ID: { good: ['', '59d6d1ca-47bb-4e7e-a40b-8be3bc5a0ba8'], bad: [] },
  VAULT_SECRET_ID: { good: ['', '84896a0c-1347-aa90-a4f6-aca8b7558780'], bad: [] },
  AWS_SECRET_ID: { good: ['', 'shop/production', 'arn:aws:secretsmanager:eu-central-1:1:secret:shop-AbCdEf'], bad: [] },
  S3_BUCKET: { good: ['', 'acme-backups', 'a.b-c1'], bad: ['A', 'ab', 'my_bucket', '-abc', 's3://acme', 'a/b'] },
  S3_ENDPOINT: {
    good: ['', 'https://s3.example.com', 'http://127.0.0.1:9000', 'https://s3.example.com/'],
    bad: ['s3.example.com', 'ftp://s3.example.com', 'https://s3.example.com/bucket', 'https://'],
  },
  S3_PREFIX: { good: ['', 'backups', 'a/b', 'a/b/'], bad: ['/backups', 'a b', '../x', '$x'] },
  S3_PATH_STYLE: { good: ['auto', 'on', 'off'], bad: ['', 'true'] },
  S3_STORAGE_CLASS: { good: ['', 'STANDARD_IA'], bad: ['standard', 'STANDARD IA'] },
  S3_SSE: { good: ['', 'AES256', 'aws:kms'], bad: ['aes256', 'kms'] },
  S3_SSE_KMS_ID: { good: ['', 'arn:aws:kms:eu-central-1:1:key/x'], bad: [] },
  S3_MAX_PARTS: { good: ['100', '1000', '10000'], bad: ['', '99', '10001', '1e3', '-1'] },
  AWS_REGION: { good: ['us-east-1', 'auto'], bad: ['', 'EU', 'eu central'] },
  AWS_ACCESS_KEY_ID: { good: ['', 'AKIA'], bad: [] },
  AWS_SECRET_ACCESS_KEY: { good: ['', 'x/y+z'], bad: [] },
  BACKUP_STORES: { good: ['', 's3', 'local', 's3,local'], bad: ['S3', 'disk', 's3,ftp'] },
  BACKUP_DATABASES: { good: ['', 'app', 'app,other'], bad: [] },
  BACKUP_SCHEDULE: { good: schedules, bad: noSchedules },
  BACKUP_DRILL_SCHEDULE: { good: schedules, bad: noSchedules },
  BACKUP_JITTER: { good: ['0s', '5m'], bad: ['', '5', '-1s'] },
  BACKUP_RETENTION_DAYS: { good: counts, bad: noCounts },
  BACKUP_RETENTION_COUNT: { good: counts, bad: noCounts },
  BACKUP_RETENTION_WEEKLY: { good: counts, bad: noCounts },
  BACKUP_RETENTION_MONTHLY: { good: counts, bad: noCounts },
  BACKUP_AGE_RECIPIENTS: { good: ['', `age1${'q'.repeat(58)}`], bad: ['age1', 'AGE-SECRET-KEY-1ABC', 'ssh-ed25519 AAAA'] },
  BACKUP_AGE_IDENTITY: { good: ['', 'AGE-SECRET-KEY-1QQQ'], bad: ['age1qqq', 'secret'] },
  BACKUP_WEBHOOK_URL: webhooks,
  VACUUM_SCHEDULE: { good: schedules, bad: noSchedules },
  NGINX_IMAGE: { good: images, bad: noImages },
  NODE_IMAGE: { good: images, bad: noImages },
  POSTGRES_IMAGE: { good: images, bad: noImages },
  REDIS_IMAGE: { good: images, bad: noImages },
  STACK_MEMORY: { good: ['', '256m', '512m', '4g', '1.5g'], bad: ['0g', '255m', '0.1g', '4', '4G', '4gb', '-4g', '.5g', 'all', '4 g'] },
  TZ: {
    good: ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'],
    bad: ['', 'Europe/Nowhere', 'Europe/Berlin;', 'a b', "UTC'", '$TZ'],
  },
  DEV_COMPOSE: { good: ['compose/dev.yml', 'a.yml,b.yml'], bad: ['', ','] },
  DEV_PORT: { good: ports, bad: noPorts },
  DEV_BACKEND_PORT: { good: ports, bad: noPorts },
  DEV_DEBUG_PORT: { good: ports, bad: noPorts },
  DEV_WORKER_DEBUG_PORT: { good: ports, bad: noPorts },
  DEV_POSTGRES_PORT: { good: ports, bad: noPorts },
  DEV_REDIS_PORT: { good: ports, bad: noPorts },
  DEV_S3_PORT: { good: ports, bad: noPorts },
  DEV_MAIL_PORT: { good: ports, bad: noPorts },
  DEV_S3_IMAGE: { good: images, bad: noImages },
  DEV_MAIL_IMAGE: { good: images, bad: noImages },
};

const keys = Object.keys(schema.shape) as Key[];
const problemOf = (key: Key, value: string): string | undefined => schema.shape[key].safeParse(value).error?.issues[0]?.message;
const rows = (which: 'good' | 'bad') => keys.flatMap((key) => values[key][which].map((value) => [key, value] as const));

test('the table of this test has every key of the schema', () => {
  expect(Object.keys(values)).toEqual(keys);
});

test.each(rows('good'))('%s may be %j', (key, value) => {
  expect(problemOf(key, value)).toBeUndefined();
});

test.each(rows('bad'))('%s may not be %j, and what it should be is said', (key, value) => {
  expect(problemOf(key, value)).toMatch(/^should (be|name|not be) /);
});

test('every default is a good value of its key; secrets have none', () => {
  for (const [key, value] of Object.entries(defaults)) expect(problemOf(key as Key, value), key).toBeUndefined();
  expect([...Object.keys(defaults), ...secretKeys].sort()).toEqual([...keys].sort());
});

describe('a value becomes what it means', () => {
  test.each([
    ['HTTP_PORT', '8080', 8080],
    ['DRAIN_TIMEOUT', '2s', 2_000],
    ['HEALTH_TIMEOUT', '2m', 120_000],
    ['PRUNE_AFTER', '2d', 172_800_000],
    ['SERVER_NAMES', 'a.example, b.example', ['a.example', 'b.example']],
    ['APP_COMPOSE', 'a.yml,b.yml', ['a.yml', 'b.yml']],
    ['TRUSTED_PROXIES', '', []],
    ['APP_ENV_FILE', '', undefined],
    ['TLS_CERT_FILE', '', undefined],
  ] as const)('%s=%s', (key, value, meaning) => {
    expect(schema.shape[key].parse(value)).toEqual(meaning);
  });
});
