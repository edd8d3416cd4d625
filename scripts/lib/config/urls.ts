import { isIPv6 } from 'node:net';
import type { Config } from './load.js';
import { Secret } from './secret.js';

/** Where the app's services find the base's, in the network that they share. */
const postgres = { host: 'postgres', port: 5432 } as const;
const redis = { host: 'redis', port: 6379 } as const;

/** What the app can have instead of the parts. */
export const urlKeys = ['DATABASE_URL', 'REDIS_URL'] as const;
export type UrlKey = (typeof urlKeys)[number];

/** A server, a host name or an address of either kind. */
interface Server {
  host: string;
  port: number;
}

/**
 * @param config the stack's configuration
 * @returns the URLs of its database and of its Redis, with the passwords in them
 */
export function connectionUrls({ settings, secrets }: Pick<Config, 'settings' | 'secrets'>): Record<UrlKey, Secret> {
  const { DB_USER: user, DB_NAME: database } = settings;
  return {
    DATABASE_URL: new Secret(databaseUrl({ ...postgres, user, database, password: secrets.DB_PASSWORD.reveal() })),
    REDIS_URL: new Secret(redisUrl({ ...redis, password: secrets.REDIS_PASSWORD.reveal() })),
  };
}

/**
 * `postgresql:` and not `postgres:`, which SQLAlchemy has refused since 1.4; libpq, pg and Django's parsers take both.
 *
 * @param to.database without `/`, `?` and `#`: parsers disagree about those, and DB_NAME has none of them
 * @returns the URL out of which the WHATWG parser and that of `pg` read exactly these values
 */
export function databaseUrl(to: Server & { user: string; password: string; database: string }): string {
  return `postgresql://${encoded(to.user)}:${encoded(to.password)}@${hostOf(to)}/${pathSegment(to.database)}`;
}

/** Without a user: every client reads that as the default one, also those that know of no other (Redis before 6). */
export function redisUrl(to: Server & { password: string }): string {
  return `redis://:${encoded(to.password)}@${hostOf(to)}/0`;
}

function hostOf({ host, port }: Server): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** encodeURIComponent leaves a few characters that URLs may have and shells take for something else. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `pg` decodes a path by decodeURI, which leaves these as they are: they have to stand there unencoded, and may. */
function pathSegment(text: string): string {
  return encoded(text).replace(/%(3A|3B|3D|40|26|2B|24|2C)/g, (sign) => decodeURIComponent(sign));
}
