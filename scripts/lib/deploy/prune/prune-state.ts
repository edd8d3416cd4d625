import type { Colour } from '../../config/names.js';
import type { BuildCacheUse, EngineImage } from '../../engine/disk.js';
import type { JournalRecord } from '../journal.js';

/** A container of the engine, whoever made it. */
export interface AnyContainer {
  id: string;
  name: string;
  /** Of its image. */
  imageId: string;
  /** The engine's word: created, running, restarting, exited, … */
  state: string;
  /** Of this stack's: where it belongs, and what release it is of. */
  colour: Colour | undefined;
  release: string | undefined;
  /** When it was stopped, or made if it never ran (milliseconds since 1970); known of the idle colour's alone. */
  stoppedAt: number | undefined;
}

/** A closed part of the journal, with what is in it. */
export interface SegmentText {
  name: string;
  /** When its last record was written, ISO 8601; undefined when that is not to be read. */
  until: string | undefined;
  text: string;
}

/** All that is looked at to find what is left over of a stack. */
export interface PruneState {
  /** STACK. */
  stack: string;
  /** Undefined while no release is live. */
  live: Colour | undefined;
  /** Oldest first. */
  journal: readonly JournalRecord[];
  /** The closed parts of the journal, oldest first; the newest ones, which stay in any case, may have no text. */
  segments: readonly SegmentText[];
  /** What lies beside the journal. */
  files: readonly { name: string; bytes: number }[];
  containers: readonly AnyContainer[];
  images: readonly (EngineImage & {
    /** When one of its names was last given to it (milliseconds since 1970); known of the toolkit's own alone. */
    named?: number | undefined;
  })[];
  /** The images that .env names, and those that the toolkit would make of them now: never removed. */
  base: readonly string[];
  /** Undefined: it is left alone. */
  cache: BuildCacheUse | undefined;
}
