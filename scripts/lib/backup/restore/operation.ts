import type { Context } from '../run/context.js';
import type { RestoreFacts } from '../sidecar/restore-results.js';
import type { LoadedRedis } from './load-redis.js';
import type { Properties } from './properties.js';
import { type RestoreRecord, saveRecord } from './record.js';
import { RestoreError, type Source } from './work.js';

/** What the steps of one running restore, or of the undoing of one, share. */
export interface Operation {
  /** With the signal of the step that runs. */
  context: Context;
  /** On the scratch volume, gone at the end. */
  folder: string;
  facts: RestoreFacts | undefined;
  source: Source | undefined;
  /** What is under way; undefined when it is complete, or while things are only forgotten. */
  record: RestoreRecord | undefined;
  /** All that was meant is done, and written down. */
  complete: boolean;
  /** Of restored databases, by the name of the live one. */
  properties: Map<string, Properties>;
  /** The throwaway server that Redis is to take its data from. */
  redis: LoadedRedis | undefined;
}

/** @returns the set that is restored, to be read with the running step's signal */
export function sourceOf({ source, context }: Operation): Source {
  // The set may be another stack's.
  if (source) return { ...source, context: { ...context, stack: source.context.stack } };
  throw new RestoreError('there is no set to restore');
}

/** @returns what is under way */
export function recordOf({ record }: Operation): RestoreRecord {
  if (record) return record;
  throw new RestoreError('no restore is under way');
}

/** Writes down what has changed about what is under way. */
export function save(operation: Operation, changes: Partial<RestoreRecord>): void {
  operation.record = { ...recordOf(operation), ...changes };
  saveRecord(operation.context.paths.scratch, operation.record);
}

/** From here on nothing is taken back any more, whoever dies. */
export function complete(operation: Operation): void {
  operation.record = undefined;
  operation.complete = true;
}
