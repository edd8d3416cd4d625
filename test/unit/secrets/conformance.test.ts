import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect } from 'vitest';
import { quoteDotenv } from '../../../scripts/lib/config/dotenv-file.js';
import { Secret } from '../../../scripts/lib/config/secret.js';
import { seal } from '../../../scripts/lib/config/secrets/age/seal.js';
import { dockerSecrets } from '../../../scripts/lib/config/secrets/providers/docker.js';
import { ageFile, envFile } from '../../../scripts/lib/config/secrets/providers/env-file.js';
import { vault } from '../../../scripts/lib/config/secrets/providers/vault/vault.js';
import { type FakeVault, startVault } from '../../helpers/vault/server.js';
import { type Bench, conforms } from './conformance.js';
import { asNobody, pipeIn, temporaryFolder } from './folders.js';

const folder = temporaryFolder();

/** A .env file cannot hold every value, whoever wrote it. */
function isQuotable(value: string): boolean {
  try {
    quoteDotenv(value);
    return true;
  } catch {
    return false;
  }
}

const dotenv = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${quoteDotenv(value)}\n`)
    .join('');

const plain = join(folder, '.env.test');
conforms('a .env file', {
  holding: async (values, wanted) => {
    writeFileSync(plain, dotenv(values));
    return envFile(plain, wanted);
  },
  missing: async () => ({ provider: envFile(join(folder, 'none')), says: /none: there is no such file$/ }),
  forbidden: async (values) => {
    const file = join(folder, '.env.forbidden');
    writeFileSync(file, dotenv(values), { mode: 0 });
    return { read: () => asNobody(envFile(file).read), says: /\.env\.forbidden: may not be read by this user$/ };
  },
  silent: async () => ({ provider: envFile(pipeIn(folder, 'env.pipe')), says: /env\.pipe: is no regular file$/ }),
  carries: isQuotable,
});

const sealed = join(folder, '.env.test.age');
const identity = await generateX25519Identity();
const recipient = await identityToRecipient(identity);
conforms('an age file', {
  holding: async (values, wanted) => {
    writeFileSync(sealed, await seal(dotenv(values), [recipient]));
    return ageFile(sealed, [identity], wanted);
  },
  missing: async () => ({ provider: ageFile(join(folder, 'none'), [identity]), says: /none: there is no such file$/ }),
  forbidden: async (values) => {
    const file = join(folder, '.env.others.age');
    writeFileSync(file, await seal(dotenv(values), [await identityToRecipient(await generateX25519Identity())]));
    return { read: ageFile(file, [identity]).read, says: /\.env\.others\.age: was not encrypted for your age identity$/ };
  },
  silent: async () => ({ provider: ageFile(pipeIn(folder, 'age.pipe'), [identity]), says: /age\.pipe: is no regular file$/ }),
  carries: isQuotable,
  credentials: () => [identity],
});

const secrets = join(folder, 'secrets');
conforms('Docker secrets', {
  holding: async (values, wanted = []) => {
    rmSync(secrets, { recursive: true, force: true });
    mkdirSync(secrets);
    for (const [key, value] of Object.entries(values)) writeFileSync(join(secrets, key), `${value}\n`);
    writeFileSync(join(secrets, 'google.json'), 'is no key');
    return dockerSecrets({ folder: secrets, variables: {}, wanted });
  },
  missing: async () => ({ provider: dockerSecrets({ folder: join(folder, 'none'), variables: {} }), says: /none: there are no secrets$/ }),
  forbidden: async (values) => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    for (const [key, value] of Object.entries(values)) writeFileSync(join(closed, key), value);
    chmodSync(closed, 0o700);
    return { read: () => asNobody(dockerSecrets({ folder: closed, variables: {} }).read), says: /closed may not be read by this user$/ };
  },
  silent: async () => {
    const file = pipeIn(folder, 'docker.pipe');
    const provider = dockerSecrets({ folder: join(folder, 'none'), variables: { DB_PASSWORD_FILE: file } });
    return { provider, says: /DB_PASSWORD \(.*docker\.pipe\): is no regular file$/ };
  },
  carries: (value) => !value.endsWith('\r'),
});

let server: FakeVault;
beforeAll(async () => {
  server = await startVault();
});
afterAll(async () => {
  expect(server.violations).toEqual([]);
  await server.stop();
});

const issued: string[] = [];
const path = 'shop/pro duction';
function vaultBench(login: 'token' | 'approle', namespace: string): Bench {
  const readable = `secret/data/${path}`;
  const provider = (reads: readonly string[], wanted: readonly string[] = [], timeoutMs = 5_000) => {
    const options = { address: server.address, namespace, mount: 'secret', path, wanted, timeoutMs, pausesMs: [1] };
    if (login === 'token') {
      const token = server.state.token(reads, { namespace });
      issued.push(token);
      return vault({ ...options, login: { token: new Secret(token) } });
    }
    const roleId = `role-${issued.push('the-secret-id')}`;
    server.state.roles.set(roleId, { namespace, secretId: 'the-secret-id', reads, ttl: 60, uses: 10 });
    return vault({ ...options, login: { roleId, secretId: new Secret('the-secret-id') } });
  };
  return {
    holding: async (values, wanted) => {
      server.state.put(namespace, 'secret', path, { ...values });
      return provider([readable], wanted);
    },
    missing: async () => {
      server.state.secrets.clear();
      return { provider: provider([readable]), says: /^vault http:\S+ secret\/shop\/pro duction: there is nothing at shop\/pro duction$/ };
    },
    forbidden: async (values) => {
      server.state.put(namespace, 'secret', path, { ...values });
      return { read: provider([]).read, says: /(VAULT_TOKEN|the AppRole) may not read secret\/data\/shop\/pro duction$/ };
    },
    silent: async () => {
      server.instead.push(() => {});
      return { provider: provider([readable], [], 200), says: /did not answer within 0\.2 s$/ };
    },
    credentials: () => [...new Set([...issued, ...server.state.tokens.keys()])],
  };
}
conforms('Vault, by a token', vaultBench('token', ''));
conforms('Vault, by an AppRole of a namespace', vaultBench('approle', 'team/shop'));
