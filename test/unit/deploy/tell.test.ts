import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Config, loadConfig } from '../../../scripts/lib/config/load.js';
import type { Subject } from '../../../scripts/lib/deploy/notices/notice.js';
import { told } from '../../../scripts/lib/deploy/notices/tell.js';
import type { Reporter } from '../../../scripts/lib/deploy/reporter.js';
import { Docker } from '../../../scripts/lib/engine/docker.js';
import { SlipwayError } from '../../../scripts/lib/errors.js';
import { type Hook, listenForPosts, SECRET_PATH } from '../../helpers/hook.js';
import { goodSecrets } from '../fixtures.js';

const subject: Subject = {
  command: 'deploy',
  stack: 'shop',
  version: 'v2',
  release: 'v2-1',
  colour: 'green',
  revision: undefined,
  operation: 7,
  by: 'ada@laptop',
  before: undefined,
  cutOffAt: undefined,
};
let folder: string;
let hooks: Hook[];
let warnings: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-tell-'));
  hooks = [];
  warnings = [];
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const hook of hooks) await hook.close();
});

async function listen(options = {}): Promise<Hook> {
  const hook = await listenForPosts('127.0.0.1', options);
  hooks.push(hook);
  return hook;
}

function configWith(url: string, appEnv = ''): Promise<Config> {
  writeFileSync(join(folder, 'app.env'), appEnv);
  const values = { ...goodSecrets, DEPLOY_WEBHOOK_URL: url, APP_ENV_FILE: join(folder, 'app.env') };
  const text = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(folder, '.env'), text.join(''));
  return loadConfig(join(folder, '.env'), {});
}

const nothing = () => {};
const reporter: Reporter = {
  begin: nothing,
  started: nothing,
  progress: nothing,
  done: nothing,
  failed: nothing,
  end: async () => {},
  note: nothing,
  warn: (text) => void warnings.push(text),
};
/** No engine answers there. */
const docker = new Docker({ host: 'unix:///nowhere/docker.sock' });
const tell = <T>(config: Config, work: () => Promise<T>) =>
  told(subject, { config, docker, reporter }, work, () => ({ event: 'deployed' }));

test('what went well is told once, after it was done, and its result is handed on', async () => {
  const { url, received } = await listen();
  const result = await tell(await configWith(url), async () => {
    expect(received).toEqual([]);
    return 'a result';
  });
  expect(result).toBe('a result');
  expect(received).toMatchObject([{ event: 'deployed', version: 'v2', live: { version: 'v2', colour: 'green' }, reason: null }]);
  expect(warnings).toEqual([]);
});

test('a failure is told without any secret, in one line, and thrown as it was', async () => {
  const { url, received } = await listen();
  const config = await configWith(url, 'MAIL_TOKEN=t0ken-of-the-mail\n');
  const secrets = [goodSecrets.DB_PASSWORD, 't0ken-of-the-mail', encodeURIComponent(goodSecrets.SECRET_KEY), url];
  const error = new SlipwayError(`no good:\n  ${secrets.join(' ')}`, { exitCode: 4 });
  await expect(tell(config, () => Promise.reject(error))).rejects.toBe(error);
  const reason = `no good: \${DB_PASSWORD} \${MAIL_TOKEN} \${SECRET_KEY} \${DEPLOY_WEBHOOK_URL}`;
  expect(received).toMatchObject([
    { event: 'failed', exitCode: 4, reason, live: null, text: expect.stringContaining('What serves is not known') },
  ]);
});

test('Ctrl-C is told as such', async () => {
  const { url, received } = await listen();
  const error = new SlipwayError('interrupted', { exitCode: 130 });
  await expect(tell(await configWith(url), () => Promise.reject(error))).rejects.toBe(error);
  expect(received).toMatchObject([{ event: 'interrupted', exitCode: 130 }]);
});

test('nobody is told when nobody wants to know', async () => {
  expect(await tell(await configWith(''), async () => 1)).toBe(1);
  expect(warnings).toEqual([]);
});

test('a receiver that never answers costs five seconds and a warning without the address, and changes no outcome', async () => {
  const { url, received } = await listen({ silent: true });
  const began = performance.now();
  expect(await tell(await configWith(url), async () => 'a result')).toBe('a result');
  expect(performance.now() - began).toBeLessThan(6_000);
  expect(received).toHaveLength(1);
  expect(warnings).toEqual(['DEPLOY_WEBHOOK_URL could not be told how it ended: no answer within 5000 ms']);
  expect(warnings.join()).not.toContain(SECRET_PATH);
});
