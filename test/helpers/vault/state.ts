import { randomUUID } from 'node:crypto';

/** What a token may do. */
interface Token {
  namespace: string;
  /** Paths behind /v1/ that it may read. */
  reads: readonly string[];
  /** By the fake's own clock; undefined: without an end. */
  ends: number | undefined;
}

interface AppRole {
  namespace: string;
  secretId: string;
  reads: readonly string[];
  /** How long its tokens last, in seconds; 0: without an end. */
  ttl: number;
  /** How often the secret id may still be used. */
  uses: number;
}

interface Version {
  data: Record<string, unknown>;
  deleted: string;
  destroyed: boolean;
}

/** What an HTTP handler answers with. */
export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

const refused = (status: number, ...errors: string[]): Reply => ({ status, body: { errors } });

/** The form of every answer that has something: https://developer.hashicorp.com/vault/api-docs/auth/approle#sample-response */
function answer(status: number, parts: Record<string, unknown>): Reply {
  const nothing = { lease_id: '', renewable: false, lease_duration: 0, data: null, wrap_info: null, warnings: null, auth: null };
  return { status, body: { request_id: randomUUID(), ...nothing, ...parts } };
}

/** What a Vault holds, by its documentation: KV of version 1 and 2, tokens, AppRoles, namespaces. */
export class VaultState {
  sealed = false;
  /** The clock that leases end by (milliseconds); tests set it forward. */
  clock = 0;
  readonly mounts = new Map<string, 1 | 2>();
  readonly tokens = new Map<string, Token>();
  readonly roles = new Map<string, AppRole>();
  /** Versions by namespace, mount and path, oldest first. */
  readonly secrets = new Map<string, Version[]>();
  logins = 0;

  /** @returns a token that may read these paths, such as `secret/data/shop` */
  token(reads: readonly string[], { namespace = '', ends }: { namespace?: string; ends?: number | undefined } = {}): string {
    const token = `hvs.${randomUUID()}`;
    this.tokens.set(token, { namespace, reads, ends });
    return token;
  }

  put(namespace: string, mount: string, path: string, data: Record<string, unknown>): void {
    const versions = this.versions(namespace, mount, path);
    versions.push({ data, deleted: '', destroyed: false });
    this.mounts.set(`${namespace}|${mount}`, 2);
    this.secrets.set(`${namespace}|${mount}|${path}`, versions);
  }

  versions(namespace: string, mount: string, path: string): Version[] {
    return this.secrets.get(`${namespace}|${mount}|${path}`) ?? [];
  }

  login(namespace: string, { role_id, secret_id }: Record<string, unknown>): Reply {
    this.logins += 1;
    const role = this.roles.get(String(role_id));
    if (!role || role.namespace !== namespace || role.secretId !== secret_id || role.uses === 0)
      return refused(400, 'invalid role or secret ID');
    role.uses -= 1;
    const token = this.token(role.reads, { namespace, ends: role.ttl === 0 ? undefined : this.clock + role.ttl * 1_000 });
    const auth = {
      client_token: token,
      accessor: randomUUID(),
      token_policies: ['default'],
      metadata: null,
      lease_duration: role.ttl,
      renewable: true,
    };
    return answer(200, { auth });
  }

  /** @param path behind /v1/, decoded */
  read(namespace: string, token: string | undefined, path: string, version: number): Reply {
    const holder = this.tokens.get(token ?? '');
    if (!holder || (holder.ends !== undefined && holder.ends <= this.clock)) return refused(403, 'permission denied', 'invalid token');
    if (holder.namespace !== namespace || !holder.reads.includes(path)) return refused(403, '1 error occurred:\n\t* permission denied\n\n');
    const mount = [...this.mounts.keys()].find((key) => key.startsWith(`${namespace}|`) && path.startsWith(`${key.split('|')[1]}/`));
    if (mount === undefined) return refused(404, `no handler for route "${path}". route entry not found.`);
    const [, name = ''] = mount.split('|');
    const inside = path.slice(name.length + 1);
    if (this.mounts.get(mount) === 1) return this.readVersion1(namespace, name, inside);
    if (!inside.startsWith('data/'))
      return answer(404, { warnings: ['Invalid path for a versioned K/V secrets engine. See the API docs.'] });
    return this.readVersion2(this.versions(namespace, name, inside.slice('data/'.length)), version);
  }

  private readVersion1(namespace: string, mount: string, path: string): Reply {
    const found = this.versions(namespace, mount, path).at(-1);
    return found ? answer(200, { data: found.data, lease_duration: 2_764_800 }) : refused(404);
  }

  /** https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version; of a deleted one it answers 404 with metadata. */
  private readVersion2(versions: Version[], asked: number): Reply {
    const number = asked === 0 ? versions.length : asked;
    const found = versions[number - 1];
    if (!found) return refused(404);
    const metadata = {
      created_time: '2026-03-22T02:24:06.945319214Z',
      custom_metadata: null,
      deletion_time: found.deleted,
      destroyed: found.destroyed,
      version: number,
    };
    const isGone = found.deleted !== '' || found.destroyed;
    return answer(isGone ? 404 : 200, { data: { data: isGone ? null : found.data, metadata } });
  }
}
