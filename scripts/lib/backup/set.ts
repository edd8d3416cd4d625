/** What a person can choose with --only. */
export const kinds = ['postgres', 'redis', 'files', 'config'] as const;
export type Kind = (typeof kinds)[number];

/** One object of a set: one dump, one archive. */
export interface StoredObject {
  /** Its name inside the set's folder, such as `db_app_20261122_020000.dump.zst`. */
  name: string;
  kind: Kind;
  /** The database, `globals`, the Redis server's host, the volume's short name, or `config`. */
  source: string;
  /** Before compression and encryption. */
  plain: Digest;
  /** As it lies in the store. */
  stored: Digest;
  seconds: number;
  /** Rows by `schema.table`, counted in the dump's own snapshot. */
  rows?: Record<string, number>;
  /** Keys of all Redis databases, and how many of them have a time to live. */
  keys?: { total: number; expires: number };
}

export interface Digest {
  bytes: number;
  /** 64 hex digits. */
  sha256: string;
}

/** What made the set, and for what reason. */
export type Reason = 'schedule' | 'catch-up' | 'command' | 'deploy' | 'restore';

/** The description of a set. It is written last: without it, the set does not exist. */
export interface Manifest {
  format: 1;
  /** `YYYYMMDD_HHMMSS`, in UTC. */
  set: string;
  stack: string;
  reason: Reason;
  /** ISO 8601, UTC. */
  began: string;
  ended: string;
  /** The kinds that were asked for; a set of all four is a whole one. */
  kinds: Kind[];
  /** The version that was live, when one was. */
  release: string | undefined;
  /** The age recipients that can read it; empty: it is not encrypted. */
  recipients: string[];
  versions: {
    slipway: string;
    /** As the server says it, such as `18.1`. */
    postgres?: string;
    pgDump?: string;
    redis?: string;
  };
  objects: StoredObject[];
}

/** A set in the catalogue: a manifest, and what was found out or said about it later. */
export interface CataloguedSet {
  manifest: Manifest;
  /** When a drill last restored it whole (ISO 8601); undefined: never. */
  verified: string | undefined;
  /** A pinned set is never removed. */
  pinned: boolean;
  /** The names of the stores that have it whole. */
  stores: string[];
}

/** @returns the kinds of a set are all there are */
export function isWhole({ kinds: covered }: Pick<Manifest, 'kinds'>): boolean {
  return kinds.every((kind) => covered.includes(kind));
}

/**
 * @param moment when the run began
 * @returns the set's id: `YYYYMMDD_HHMMSS`, UTC
 */
export function setId(moment: Date): string {
  return moment.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
}

export const setIdPattern = /^\d{8}_\d{6}$/;
