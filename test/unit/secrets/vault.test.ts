import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../../scripts/lib/config/secret.js';
import type { SecretProvider } from '../../../scripts/lib/config/secrets/providers/provider.js';
import { type VaultOptions, vaultProblems } from '../../../scripts/lib/config/secrets/providers/vault/options.js';
import { vault } from '../../../scripts/lib/config/secrets/providers/vault/vault.js';
import { SlipwayError, UsageError } from '../../../scripts/lib/errors.js';
import { type FakeVault, startVault } from '../../helpers/vault/server.js';
import { temporaryFolder } from './folders.js';

const VALUE = 'hunter2-of-vault';
const READ = 'GET /v1/secret/data/shop';
const LOGIN = 'POST /v1/auth/approle/login';

let server: FakeVault;
beforeAll(async () => {
  server = await startVault();
});
beforeEach(() => {
  server.state.put('', 'secret', 'shop', { DB_PASSWORD: VALUE });
  server.requests.length = 0;
});
afterEach(() => {
  server.state.secrets.clear();
  server.state.mounts.clear();
  server.state.sealed = false;
  expect(server.instead).toEqual([]);
  expect(server.violations).toEqual([]);
});
afterAll(() => server.stop());

const options = (others: Partial<VaultOptions> = {}): VaultOptions => ({
  address: server.address,
  namespace: '',
  mount: 'secret',
  path: 'shop',
  login: { token: new Secret(server.state.token(['secret/data/shop'])) },
  pausesMs: [1, 1],
  timeoutMs: 2_000,
  ...others,
});

/** An AppRole whose tokens last a minute, by the clock of the server. */
function appRole({ ttl = 60, uses = 100 } = {}): VaultOptions {
  const roleId = `role-${server.state.roles.size}`;
  server.state.roles.set(roleId, { namespace: '', secretId: 'hunter2-secret-id', reads: ['secret/data/shop'], ttl, uses });
  return options({ login: { roleId, secretId: new Secret('hunter2-secret-id') }, now: () => server.state.clock });
}

async function refusal(provider: SecretProvider): Promise<SlipwayError> {
  const error: unknown = await provider.read().catch((reason: unknown) => reason);
  if (!(error instanceof SlipwayError)) throw new Error(`it was no refusal: ${inspect(error)}`);
  expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/hunter2|hvs\./);
  return error;
}

const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
  server.instead.push((response) => response.writeHead(status, headers).end(body));
const breaking = () => server.instead.push((response) => response.destroy());

describe('what Vault refuses is told with what to do', () => {
  test('sealed: it is said that people have to unseal it, and it is not asked again', async () => {
    server.state.sealed = true;
    const error = await refusal(vault(options()));
    expect(error).not.toBeInstanceOf(UsageError);
    expect(error.message).toMatch(/ secret\/shop: is sealed/);
    expect(error.hints.join()).toContain('vault operator unseal');
    expect(server.requests).toEqual([READ]);
  });

  test('a deleted version: its number, and how to bring it back', async () => {
    server.state.put('', 'secret', 'shop', { DB_PASSWORD: VALUE });
    Object.assign(server.state.versions('', 'secret', 'shop')[1] ?? {}, { deleted: '2026-03-22T02:36:43Z' });
    const error = await refusal(vault(options()));
    expect(error.message).toMatch(/version 2 of shop was deleted, and it is the newest$/);
    expect(error.hints).toEqual(['vault kv undelete -versions=2 -mount=secret shop']);
  });

  test('a destroyed version cannot be brought back: an older one is made the newest', async () => {
    Object.assign(server.state.versions('', 'secret', 'shop')[0] ?? {}, { destroyed: true });
    const error = await refusal(vault(options()));
    expect(error.message).toMatch(/version 1 of shop was destroyed/);
    expect(error.hints).toEqual(['vault kv rollback -version=N -mount=secret shop']);
  });

  test('a token that has ended is told from one that may not', async () => {
    const ended = options({ login: { token: new Secret(server.state.token(['secret/data/shop'], { ends: 0 })) } });
    expect((await refusal(vault(ended))).message).toMatch(/VAULT_TOKEN is not valid, or not any more$/);
    const other = options({ login: { token: new Secret(server.state.token(['secret/data/other'])) } });
    const error = await refusal(vault(other));
    expect(error.message).toMatch(/VAULT_TOKEN may not read secret\/data\/shop$/);
    expect(error.hints.join()).toContain('path "secret/data/shop" { capabilities = ["read"] }');
  });

  test('another namespace than the token’s', async () => {
    expect((await refusal(vault(options({ namespace: 'team' })))).message).toMatch(/may not read/);
  });

  test('an engine that is not there', async () => {
    const login = { token: new Secret(server.state.token(['kv/data/shop'])) };
    expect((await refusal(vault(options({ mount: 'kv', login })))).message).toMatch(/there is no secrets engine at kv$/);
  });

  test('an engine of version 1, whether the path is there or not', async () => {
    server.state.mounts.set('|secret', 1);
    const error = await refusal(vault(options()));
    expect(error.message).toMatch(/there is nothing at shop$/);
    expect(error.hints.join()).toContain('KV version 2');
    server.state.secrets.set('|secret|data/shop', [{ data: { DB_PASSWORD: VALUE }, deleted: '', destroyed: false }]);
    expect((await refusal(vault(options()))).message).toMatch(/the engine at secret is not KV version 2$/);
  });

  test.each([
    [{ DB_PASSWORD: 7 }, /DB_PASSWORD: should be text, got a number$/],
    [{ DB_PASSWORD: { a: VALUE } }, /DB_PASSWORD: should be text, got an object$/],
    [{ DB_PASSWORD: [VALUE] }, /DB_PASSWORD: should be text, got a list$/],
    [{ DB_PASSWORD: null }, /DB_PASSWORD: should be text, got null$/],
  ])('a field that is no text: %j', async (data, says) => {
    server.state.put('', 'secret', 'shop', data);
    expect((await refusal(vault(options()))).message).toMatch(says);
  });

  test.each([
    [501, '{"errors":["Vault is not initialized"]}', /is not initialised$/],
    [503, '{"errors":["hunter2 maintenance"]}', /is down for maintenance$/],
    [429, '{"errors":[]}', /gets too many requests$/],
    [500, '{"errors":["hunter2 1 error occurred"]}', /failed \(status 500\)$/],
    [400, '{"errors":["hunter2"]}', /refused \(status 400\)$/],
    [502, '<html>hunter2</html>', /answered 502, and not as Vault does$/],
    [200, '{"data": "hunter2', /answered 200, and not as Vault does$/],
    [200, '{"data":{"hunter2":1}}', /is not KV version 2$/],
    [200, '["hunter2"]', /answered 200, and not as Vault does$/],
  ])('status %i with %j', async (status, body, says) => {
    for (let times = 0; times < 3; times += 1) answering(status, body);
    expect((await refusal(vault(options()))).message).toMatch(says);
    server.instead.length = 0;
  });
});

describe('a read is repeated where that may help', () => {
  test.each([412, 429, 500, 502, 503, 504])('after status %i', async (status) => {
    answering(status, '{"errors":[]}');
    expect(await vault(options()).read()).toEqual({ DB_PASSWORD: VALUE });
    expect(server.requests).toEqual([READ, READ]);
  });

  test('after a connection that broke, and no more than twice', async () => {
    breaking();
    breaking();
    expect(await vault(options()).read()).toEqual({ DB_PASSWORD: VALUE });
    for (let times = 0; times < 3; times += 1) breaking();
    expect((await refusal(vault(options()))).message).toMatch(/the connection failed \(UND_ERR_SOCKET\)$/);
    expect(server.requests).toHaveLength(6);
  });

  test('but not what took the whole time once', async () => {
    server.instead.push(() => {});
    expect((await refusal(vault(options({ timeoutMs: 100 })))).message).toMatch(/did not answer within 0\.1 s$/);
    expect(server.requests).toEqual([READ]);
  });

  test('an answer that never ends is given up as well', async () => {
    server.instead.push((response) => void response.writeHead(200).write('{"data":'));
    expect((await refusal(vault(options({ timeoutMs: 100 })))).message).toMatch(/did not answer within 0\.1 s$/);
  });
});

describe('an AppRole', () => {
  test('logs in once for as long as its token lasts, and again when its lease has ended', async () => {
    const provider = vault(appRole({ ttl: 60 }));
    await provider.read();
    await provider.read();
    expect(server.requests).toEqual([LOGIN, READ, READ]);
    server.state.clock += 59_000;
    expect(await provider.read()).toEqual({ DB_PASSWORD: VALUE });
    expect(server.requests.slice(3)).toEqual([LOGIN, READ]);
  });

  test('logs in again when its token was revoked before its time, once', async () => {
    const provider = vault(appRole());
    await provider.read();
    server.state.tokens.clear();
    expect(await provider.read()).toEqual({ DB_PASSWORD: VALUE });
    expect(server.requests).toEqual([LOGIN, READ, READ, LOGIN, READ]);
  });

  test('that may not read is not asked to log in for ever', async () => {
    const role = appRole();
    for (const known of server.state.roles.values()) known.reads = [];
    expect((await refusal(vault(role))).message).toMatch(/the AppRole may not read secret\/data\/shop$/);
    expect(server.requests).toEqual([LOGIN, READ]);
  });

  test('whose token has no end logs in once', async () => {
    const provider = vault(appRole({ ttl: 0 }));
    await provider.read();
    server.state.clock += 1e9;
    await provider.read();
    expect(server.requests).toEqual([LOGIN, READ, READ]);
  });

  test('with a wrong secret id, and one that has been used up', async () => {
    expect((await refusal(vault(appRole({ uses: 0 })))).message).toMatch(/does not accept VAULT_ROLE_ID and VAULT_SECRET_ID$/);
    expect(server.requests).toEqual([LOGIN]);
  });

  test('does not repeat a login that may have been taken: the secret id may be good for one use', async () => {
    breaking();
    expect((await refusal(vault(appRole({ uses: 1 })))).message).toMatch(/the connection failed/);
    expect(server.requests).toEqual([LOGIN]);
  });

  test('meets a sealed Vault, an auth method that is not there, and an answer without a token', async () => {
    server.state.sealed = true;
    expect((await refusal(vault(appRole()))).message).toMatch(/is sealed/);
    server.state.sealed = false;
    answering(404, '{"errors":["no handler for route"]}');
    expect((await refusal(vault(appRole()))).message).toMatch(/there is no AppRole login at auth\/approle$/);
    answering(200, '{"auth":null}');
    expect((await refusal(vault(appRole()))).message).toMatch(/took the login, and gave no token$/);
  });
});

describe('a redirect', () => {
  test('within the same address is followed, a few times', async () => {
    answering(307, '', { location: '/v1/secret/data/shop' });
    expect(await vault(options()).read()).toEqual({ DB_PASSWORD: VALUE });
    for (let times = 0; times < 4; times += 1) answering(307, '', { location: '/v1/secret/data/shop' });
    expect((await refusal(vault(options()))).message).toMatch(/redirects in a circle$/);
  });

  test('to another address is told, and nothing is sent there', async () => {
    let asked = 0;
    const other = createServer((_, response) => {
      asked += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    answering(307, '', { location: `${address}/v1/secret/data/shop` });
    const error = await refusal(vault(options()));
    expect(error.message).toContain(`sends clients on to ${address}, where the token was not sent`);
    expect(asked).toBe(0);
    await new Promise((resolve) => other.close(resolve));
  });
});

test('an address with a path, as behind a proxy, keeps it', async () => {
  server.instead.push((response) => response.end('{"data":{"data":{"A":"1"},"metadata":{}}}'));
  expect(await vault(options({ address: `${server.address}/behind/` })).read()).toEqual({ A: '1' });
  expect(server.requests).toEqual(['GET /behind/v1/secret/data/shop']);
});

test('nobody listens: it is tried again, and told', async () => {
  const gone = await startVault();
  await gone.stop();
  expect((await refusal(vault(options({ address: gone.address })))).message).toMatch(/nobody listens there$/);
});

const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('TLS', () => {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];

  test.skipIf(!hasOpenssl)('a certificate that nobody vouches for is told, with how to vouch for it', async () => {
    const subject = ['-subj', '/CN=vault.test', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject, '-keyout', key, '-out', cert],
      {
        stdio: 'ignore',
      },
    );
    const secure = await startVault({ key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') });
    const error = await refusal(vault(options({ address: secure.address })));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(/no secure connection can be made \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/);
    expect(error.hints.join()).toContain('NODE_EXTRA_CA_CERTS');
    expect(secure.requests).toEqual([]);
    await secure.stop();
  });

  test('https to a server that speaks http', async () => {
    const error = await refusal(vault(options({ address: server.address.replace('http:', 'https:') })));
    expect(error.message).toMatch(/no secure connection can be made \(\w+\)$/);
  });
});

describe('what is set is checked before anybody is asked', () => {
  const good = { VAULT_ADDR: 'https://vault.example.com:8200', VAULT_MOUNT: 'secret', VAULT_PATH: 'shop', VAULT_TOKEN: 'hunter2' };

  test.each([
    [{}, []],
    [{ VAULT_ADDR: 'http://127.0.0.1:8200' }, []],
    [{ VAULT_ADDR: 'http://[::1]:8200' }, []],
    [{ VAULT_TOKEN: '', VAULT_ROLE_ID: 'r', VAULT_SECRET_ID: 's' }, []],
    [{ VAULT_ADDR: '' }, ['VAULT_ADDR: should be a URL']],
    [{ VAULT_ADDR: 'vault.example.com' }, ['VAULT_ADDR: should be a URL']],
    [{ VAULT_ADDR: 'http://vault.example.com' }, ['VAULT_ADDR: should be https://']],
    [{ VAULT_ADDR: 'http://127.0.0.1.example.com' }, ['VAULT_ADDR: should be https://']],
    [{ VAULT_ADDR: 'https://ada:hunter2@vault.example.com' }, ['VAULT_ADDR: should be a URL without user']],
    [{ VAULT_PATH: '' }, ['VAULT_PATH: should be a path']],
    [{ VAULT_PATH: '../sys' }, ['VAULT_PATH: should be a path']],
    [{ VAULT_PATH: 'shop.' }, ['VAULT_PATH: should be a path']],
    [{ VAULT_MOUNT: '/' }, ['VAULT_MOUNT: should be a path']],
    [{ VAULT_TOKEN: '' }, ['VAULT_TOKEN: is missing']],
    [{ VAULT_TOKEN: '', VAULT_ROLE_ID: 'r' }, ['VAULT_SECRET_ID: is missing']],
    [{ VAULT_TOKEN: '', VAULT_SECRET_ID: 's' }, ['VAULT_ROLE_ID: is missing']],
    [{ VAULT_ADDR: '', VAULT_PATH: '', VAULT_TOKEN: '' }, ['VAULT_ADDR', 'VAULT_PATH', 'VAULT_TOKEN']],
  ])('%j', (others, says) => {
    const problems = vaultProblems({ ...good, ...others });
    expect(problems).toHaveLength(says.length);
    for (const [index, beginning] of says.entries()) expect(problems[index]).toContain(beginning);
    expect(problems.join()).not.toContain('hunter2');
  });
});
