import { isRunning, type JournalRecord, operationsOf } from '../deploy/journal.js';
import { releasesOf } from '../deploy/releases/releases.js';
import type { LockHolder } from '../engine/deck/holder.js';

/** One operation, and what became of its release. What is not known, or never was, is null. */
export interface Entry {
  /** The fencing token: a later operation has a greater one. */
  token: number;
  command: string;
  version: string;
  colour: string | null;
  release: string | null;
  /** The commit that the release was made from. */
  revision: string | null;
  /** When that commit was made, ISO 8601. */
  committed: string | null;
  by: string | null;
  /** When it began, ISO 8601. */
  at: string;
  /** How long it took (milliseconds). */
  ms: number | null;
  /** `done`, `failed` or `interrupted`; `running`; `cut off`: its deployer was killed. */
  outcome: string;
  reason: string | null;
  /** The step that it is at, or was at when it ended. */
  step: string | null;
  /** When traffic had moved to its release, ISO 8601. */
  cut: string | null;
  /** Whether it took back itself what it had done, the cut included. */
  undone: boolean;
  /** When its release was recorded as live, ISO 8601; null when that was undone. */
  live: string | null;
}

/**
 * Joins what the journal tells about each operation.
 *
 * @param records the journal, oldest first
 * @param holder who holds the lock now
 * @returns the newest first; pure
 */
export function entriesOf(records: readonly JournalRecord[], holder: LockHolder | undefined): Entry[] {
  const releases = new Map(releasesOf(records).map((release) => [release.token, release]));
  const undone = new Set(records.filter(({ kind }) => kind === 'undo-began').map(({ token }) => token));
  const cuts = new Map(records.filter(({ kind, step }) => kind === 'step-done' && step === 'cut').map(({ token, at }) => [token, at]));
  return operationsOf(records).map((operation, index) => {
    const { token, command, version, at } = operation;
    const release = releases.get(token);
    return {
      token,
      command,
      version,
      colour: operation.colour ?? null,
      release: release?.release ?? operation.release ?? null,
      revision: release?.revision ?? null,
      committed: operation.committed ?? null,
      by: operation.by ?? null,
      at,
      ms: operation.ms ?? null,
      outcome: operation.outcome ?? (index === 0 && isRunning(operation, holder) ? 'running' : 'cut off'),
      reason: operation.reason ?? null,
      step: operation.step ?? null,
      cut: cuts.get(token) ?? null,
      undone: undone.has(token),
      live: release === undefined || undone.has(token) ? null : release.at,
    };
  });
}
