import { SlipwayError, UsageError } from '../../../../errors.js';
import { Secret } from '../../../secret.js';
import { fieldsOf, type SecretProvider } from '../provider.js';
import { segments, type VaultLogin, type VaultOptions } from './options.js';
import { loginRefusal, readRefusal } from './refusal.js';
import { ask } from './request.js';

/** A token is not used to the very end of its lease: the request has to arrive as well. */
const OF_LEASE = 0.9;

/** A token, and until when it is used; by the clock of the options. */
interface Lease {
  token: Secret;
  until: number;
}

type AppRole = Exclude<VaultLogin, { token: Secret }>;

/** HashiCorp Vault: one secret of a KV engine of version 2, by a token or an AppRole. */
export function vault(options: VaultOptions): SecretProvider {
  const name = `vault ${options.address.replace(/\/+$/, '')} ${options.mount}/${options.path}`;
  let lease: Lease | undefined;
  /** @returns a token, and whether it was got just now */
  const tokenFor = async (login: AppRole): Promise<{ token: Secret; isNew: boolean }> => {
    if (lease && lease.until > now(options)) return { token: lease.token, isNew: false };
    lease = await logIn(name, options, login);
    return { token: lease.token, isNew: true };
  };
  const read = async (): Promise<Record<string, string>> => {
    const { login } = options;
    const { token, isNew } = 'token' in login ? { token: login.token, isNew: true } : await tokenFor(login);
    const path = [...segments(options.mount), 'data', ...segments(options.path)];
    const answer = await ask(name, options, { method: 'GET', path, token: token.reveal() });
    if (answer.status === 403 && !isNew) {
      // It was revoked, or its lease ended early.
      lease = undefined;
      return read();
    }
    if (answer.status !== 200) throw readRefusal(name, options, answer);
    return fieldsOf(name, dataOf(name, options, answer.body), options.wanted ?? []);
  };
  return { name, read };
}

function now({ now: clock = () => performance.now() }: VaultOptions): number {
  return clock();
}

/** https://developer.hashicorp.com/vault/api-docs/auth/approle#login-with-approle */
async function logIn(name: string, options: VaultOptions, { roleId, secretId }: AppRole): Promise<Lease> {
  const asked = now(options);
  const answer = await ask(name, options, {
    method: 'POST',
    path: ['auth', 'approle', 'login'],
    json: { role_id: roleId, secret_id: secretId.reveal() },
  });
  if (answer.status !== 200) throw loginRefusal(name, answer);
  const { client_token: token, lease_duration: seconds } = (answer.body.auth ?? {}) as { client_token?: unknown; lease_duration?: unknown };
  if (typeof token !== 'string' || token === '') throw new SlipwayError(`${name}: took the login, and gave no token`);
  // 0 is a token without an end.
  const lasts = typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 * OF_LEASE : Number.POSITIVE_INFINITY;
  return { token: new Secret(token), until: asked + lasts };
}

/** In version 2 the values stand under data.data, the version's own facts under data.metadata beside it. */
function dataOf(name: string, { mount }: VaultOptions, body: Record<string, unknown>): Record<string, unknown> {
  const { data, metadata } = (body.data ?? {}) as { data?: unknown; metadata?: unknown };
  if (typeof data === 'object' && data !== null && typeof metadata === 'object' && metadata !== null)
    return data as Record<string, unknown>;
  throw new UsageError(`${name}: the engine at ${mount} is not KV version 2`, { hints: [`vault kv enable-versioning ${mount}`] });
}
