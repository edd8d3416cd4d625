import type { Kind } from '../set.js';
import type { SidecarError } from './protocol.js';

/**
 * What the deployer's side and the cron container say to each other during a restore: one JSON object a line. The deployer
 * asks; the container answers each question once, and tells events while it works.
 */

/** Configuration is no data of the app: a set has it for a person to look at. */
export type RestorableKind = Exclude<Kind, 'config'>;

/** What a person wants restored. */
export interface RestoreRequest {
  /** A set's id, or `latest`; undefined: the person brings a dump. */
  set: string | undefined;
  /** The stack whose sets are looked at, when it is another one. */
  fromStack: string | undefined;
  /** None: all that the set has. */
  kinds: readonly RestorableKind[];
  /** None: all that the set has. */
  databases: readonly string[];
  /** `schema.table`; some: only these, beside the live database. */
  tables: readonly string[];
  /** The new database to restore into, instead of taking the live one's place. */
  toDatabase: string | undefined;
  /** The dump that the person brings, and how many bytes it has. */
  file: { name: string; bytes: number } | undefined;
}

/** A database of the set, and what stands in its place here. */
export interface DatabaseFacts {
  name: string;
  /** Of the dump, unpacked. */
  bytes: number;
  /** By the manifest; undefined: the dump comes without one. */
  tables: number | undefined;
  rows: number | undefined;
  /** Whether there is one of that name here, how large (bytes), and whether it has any tables. */
  live: { bytes: number; empty: boolean } | undefined;
  /** What it will be called until the swap, and what the live one will be called after it. */
  fresh: string;
  before: string;
}

export interface VolumeFacts {
  /** Its short name, by which the set has it. */
  name: string;
  bytes: number;
  /** The volume on the engine. */
  volume: string;
  /** Whether the container `files` has it. */
  mounted: boolean;
}

/** What there is to restore, and what there is already; the planner needs nothing else. */
export interface RestoreFacts {
  /** `YYYYMMDD_HHMMSS`, by which everything that this restore makes is called. */
  stamp: string;
  set:
    | {
        id: string;
        stack: string;
        began: string;
        release: string | undefined;
        encrypted: boolean;
        stores: string[];
        /** When a drill last restored it, ISO 8601. */
        verified?: string | undefined;
      }
    | undefined;
  databases: DatabaseFacts[];
  /** Databases of the set that are not restored, and why. */
  skipped: { name: string; reason: string }[];
  /** Whether the set has the roles. */
  roles: boolean;
  redis: { keys: number; bytes: number; liveKeys: number } | undefined;
  volumes: VolumeFacts[];
  /** What a person should know before. */
  warnings: string[];
  /** Restores that were cut off; they are put in order first. */
  cutOff: string[];
}

/** A database that takes another's place; without `before` there is none whose place it takes. */
export interface Swap {
  name: string;
  fresh: string;
  before: string | undefined;
}

/** What a restore is about to do, written down before anything is done, so that it can be taken back. */
export interface Intent {
  stamp: string;
  set: string | undefined;
  stack: string;
  swaps: Swap[];
  volumes: string[];
  redis: boolean;
  /** Databases that are made and take nothing's place; `forget`: they go when the restore is forgotten. */
  beside: { name: string; forget: boolean }[];
  /** The release that goes live together with the data; undefined: what is live stays. */
  release?: string | undefined;
}

/** One thing for the cron container to do. */
export type SidecarStep =
  | { kind: 'safety-set'; kinds: readonly RestorableKind[] }
  | { kind: 'roles' }
  | { kind: 'load-database'; database: string; into: string }
  | { kind: 'load-tables'; database: string; into: string; tables: readonly string[] }
  | { kind: 'load-files'; volume: string }
  | { kind: 'load-redis' }
  | { kind: 'swap-files' }
  | { kind: 'swap-postgres' }
  | { kind: 'swap-redis' }
  | { kind: 'drop-database'; name: string }
  | { kind: 'drop-files'; volume: string; stamp: string }
  | { kind: 'unpin'; set: string }
  | { kind: 'forget'; stamp: string };

/** A restore that can be undone or forgotten. */
export interface KeptRestore {
  stamp: string;
  state: 'done' | 'undone';
  set: string | undefined;
  stack: string;
  swaps: Swap[];
  volumes: string[];
  redis: boolean;
  /** The set that was taken before it; undefined: none. */
  safetySet: string | undefined;
  /** Safety sets that it has pinned. */
  pinned: string[];
  /** Databases that it keeps, with their sizes (bytes). */
  databases: { name: string; bytes: number }[];
  /** The release that went live together with the data; undefined: none. */
  release?: string | undefined;
}

/** Every restore that left something, oldest first. */
export interface KeptRestores {
  restores: KeptRestore[];
  cutOff: string[];
}

export type Begin =
  | { action: 'restore'; intent: Intent }
  /** Undoes that restore; `redis`: its safety set is there, so Redis goes back as well. */
  | { action: 'undo'; stamp: string; redis: boolean }
  /** Only puts in order what was cut off; what is forgotten needs no more. */
  | { action: 'tidy' };

export type Question =
  /** The first one: the age identity travels here, and stands nowhere. */
  | { do: 'look'; request: RestoreRequest; identity: string }
  | { do: 'look-back'; identity: string }
  /** Takes the lock of the backups. */
  | { do: 'begin'; begin: Begin }
  | { do: 'step'; step: SidecarStep }
  /** Stops the step that is under way. */
  | { do: 'stop' };

export type Asked = Question & { id: number };

/** What `begin` answers. */
export interface Begun {
  /** Where a dump that the person brings is to be put; see the command `receive`. */
  folder: string;
  /** What was put in order first, a line each. */
  mended: string[];
  /** Restores that were cut off and turned out to be complete. */
  completed: string[];
}

/** What a step answers: a few words for the person. */
export interface StepDone {
  detail: string | undefined;
  /** What a safety set is called. */
  set?: string;
  /** Columns by table, of tables that were restored beside: those that a person can insert. */
  columns?: Record<string, string[]>;
}

/**
 * How a restore's end left things. When the deployer's side asks no more, what is not complete is taken back, and this is
 * the command's result.
 */
export interface SessionEnd {
  /** What was taken back, a line each. */
  undone: string[];
  /** What could not be taken back, a line each. */
  problems: string[];
  /** All that was meant is done. */
  complete: boolean;
}

export type Reply = { event: 'reply'; id: number } & ({ ok: true; result: unknown } | { ok: false; error: SidecarError });
