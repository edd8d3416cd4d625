import type { Secret } from '../../../secret.js';

/** How to prove to Vault who is asking. */
export type VaultLogin = { token: Secret } | { roleId: string; secretId: Secret };

export interface VaultOptions {
  /** `https://vault.example.com:8200`; a path is fine where a proxy puts Vault under one. */
  address: string;
  /** Of Vault Enterprise and HCP; empty: none. */
  namespace: string;
  /** Where the KV engine (version 2) is mounted. */
  mount: string;
  /** The secret's path inside it, without `data/`. */
  path: string;
  login: VaultLogin;
  wanted?: readonly string[];
  /** How long one request may take (milliseconds). */
  timeoutMs?: number;
  /** Before each further try of a request that may be repeated (milliseconds). */
  pausesMs?: readonly number[];
  /** The clock that leases are counted by (milliseconds). */
  now?: () => number;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * @param text raw text of the keys
 * @returns what is wrong with them for reading from Vault, a line each; no secret is in them
 */
export function vaultProblems(text: Readonly<Record<string, string | undefined>>): string[] {
  const { VAULT_ADDR = '', VAULT_MOUNT = '', VAULT_PATH = '', VAULT_TOKEN, VAULT_ROLE_ID, VAULT_SECRET_ID } = text;
  const problems = addressProblem(VAULT_ADDR);
  for (const [key, value] of [
    ['VAULT_MOUNT', VAULT_MOUNT],
    ['VAULT_PATH', VAULT_PATH],
  ] as const) {
    // Vault answers 404 to a path whose parts end with a dot.
    if (segments(value).length === 0 || segments(value).some((part) => part.endsWith('.'))) {
      problems.push(
        `${key}: should be a path such as ${key === 'VAULT_MOUNT' ? 'secret' : 'shop/production'}, got ${JSON.stringify(value)}`,
      );
    }
  }
  if (!VAULT_TOKEN && !(VAULT_ROLE_ID && VAULT_SECRET_ID)) {
    const lacks = VAULT_ROLE_ID ? 'VAULT_SECRET_ID' : VAULT_SECRET_ID ? 'VAULT_ROLE_ID' : 'VAULT_TOKEN';
    problems.push(`${lacks}: is missing; Vault wants a token, or a role id and a secret id`);
  }
  return problems;
}

function addressProblem(address: string): string[] {
  const got = `got ${JSON.stringify(address)}`;
  if (!/^https?:\/\//.test(address) || !URL.canParse(address))
    return [`VAULT_ADDR: should be a URL such as https://vault.example.com:8200, ${got}`];
  const { protocol, hostname, username, password, search, hash } = new URL(address);
  if (username || password || search || hash) return ['VAULT_ADDR: should be a URL without user, password and query'];
  // The token and every value would travel readable; an agent or proxy of Vault on this machine is the way for that.
  if (protocol === 'http:' && !LOOPBACK.test(hostname))
    return [`VAULT_ADDR: should be https://…; http:// is for this machine alone, ${got}`];
  return [];
}

/** @returns the parts of a path, without empty ones */
export function segments(path: string): string[] {
  return path.split('/').filter(Boolean);
}
