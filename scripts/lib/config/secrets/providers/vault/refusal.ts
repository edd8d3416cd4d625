import { SlipwayError, UsageError } from '../../../../errors.js';
import type { VaultOptions } from './options.js';
import { type Answer, errorsOf, isSealed } from './request.js';

/** What is the same whatever was asked for. Vault's own words are not repeated: they may hold what was sent. */
function general(name: string, { status, body }: Answer): SlipwayError {
  if (status === 503 && isSealed(body)) {
    return new SlipwayError(`${name}: is sealed, and gives nothing until it is unsealed`, {
      hints: ['whoever holds the unseal keys types: vault operator unseal'],
    });
  }
  if (status === 503) return new SlipwayError(`${name}: is down for maintenance`, { hints: ['try again later: vault status'] });
  if (status === 501) return new UsageError(`${name}: is not initialised`, { hints: ['vault operator init'] });
  if (status === 429) return new SlipwayError(`${name}: gets too many requests`, { hints: ['try again later'] });
  const hints = ['try again later; Vault’s own log says more'];
  return status >= 500
    ? new SlipwayError(`${name}: failed (status ${status})`, { hints })
    : new UsageError(`${name}: refused (status ${status})`);
}

/** @returns why a login was refused: https://developer.hashicorp.com/vault/api-docs/auth/approle#login-with-approle */
export function loginRefusal(name: string, answer: Answer): SlipwayError {
  const { status } = answer;
  if (status === 404) {
    return new UsageError(`${name}: there is no AppRole login at auth/approle`, {
      hints: ['vault auth enable approle', 'VAULT_NAMESPACE: is it the one that has it?'],
    });
  }
  if (status !== 400 && status !== 403) return general(name, answer);
  return new UsageError(`${name}: does not accept VAULT_ROLE_ID and VAULT_SECRET_ID`, {
    hints: ['a secret id ends after a time or some uses; a new one: vault write -f auth/approle/role/NAME/secret-id'],
  });
}

/** @returns why a read was refused: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version */
export function readRefusal(name: string, options: VaultOptions, answer: Answer): SlipwayError {
  if (answer.status === 403) return forbidden(name, options, answer);
  if (answer.status !== 404) return general(name, answer);
  const metadata = (answer.body.data as { metadata?: Record<string, unknown> } | null | undefined)?.metadata;
  if (metadata) return deleted(name, options, metadata);
  if (errorsOf(answer.body).some((line) => line.includes('no handler for route'))) {
    return new UsageError(`${name}: there is no secrets engine at ${options.mount}`, {
      hints: ['VAULT_MOUNT, VAULT_NAMESPACE: correct them'],
    });
  }
  return new UsageError(`${name}: there is nothing at ${options.path}`, {
    hints: [
      `look: vault kv get -mount=${options.mount} ${options.path}`,
      'VAULT_PATH stands without the mount and without data/; the engine has to be KV version 2',
    ],
  });
}

function forbidden(name: string, { mount, path, login }: VaultOptions, { body }: Answer): UsageError {
  const who = 'token' in login ? 'VAULT_TOKEN' : 'the AppRole';
  if ('token' in login && errorsOf(body).some((line) => line.includes('invalid token'))) {
    return new UsageError(`${name}: VAULT_TOKEN is not valid, or not any more`, { hints: ['vault token create', 'or use an AppRole'] });
  }
  return new UsageError(`${name}: ${who} may not read ${mount}/data/${path}`, {
    hints: [
      `its policy needs: path "${mount}/data/${path}" { capabilities = ["read"] }`,
      'VAULT_NAMESPACE, VAULT_MOUNT: are they right? Vault says the same of what does not exist',
    ],
  });
}

/** The newest version was deleted: Vault answers 404, and still tells which version that was. */
function deleted(name: string, { mount, path }: VaultOptions, { version, destroyed }: Record<string, unknown>): UsageError {
  const number = typeof version === 'number' ? version : '?';
  const at = `-mount=${mount} ${path}`;
  const back = destroyed === true ? `vault kv rollback -version=N ${at}` : `vault kv undelete -versions=${number} ${at}`;
  const what = destroyed === true ? 'was destroyed' : 'was deleted';
  return new UsageError(`${name}: version ${number} of ${path} ${what}, and it is the newest`, { hints: [back] });
}
