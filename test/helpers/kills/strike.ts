import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import type { Running } from '../process.js';
import type { Gate } from './gate.js';
import { edgeOf, type Point } from './points.js';

/** A deployer that was struck. */
export interface Struck {
  /** False when it ended before it came to the point. */
  hit: boolean;
  /** What it had written to its journal by then. */
  trace: JournalRecord[];
  /** What it had done, and was kept from writing. */
  lost: JournalRecord | undefined;
  /** When (performance.now(), milliseconds). */
  at: number;
}

export interface Aim {
  point: Point;
  /** How far into the middle of a part, from 0 to 1. */
  fraction: number;
  /** `SIGSTOP`: what it was just saying is said all the same, as it lies in the kernel's hands already. */
  signal: 'SIGKILL' | 'SIGSTOP';
  /** Told each record before it is written. */
  heard?: (record: JournalRecord) => Promise<void>;
}

/** Waits until a deployer that goes through the gate has come to a point, and strikes it there. */
export async function strike(gate: Gate, running: Running, { point, fraction, signal, heard }: Aim): Promise<Struck> {
  const { part, moment } = point;
  const trace: JournalRecord[] = [];
  let at: number | undefined;
  let lost: JournalRecord | undefined;
  let isWithin = false;
  let hit = (_: unknown) => {};
  const blown = new Promise((resolve) => (hit = resolve));
  const blow = async () => {
    if (at !== undefined) return;
    running.kill(signal);
    at = performance.now();
    hit(undefined);
    if (signal === 'SIGKILL') throw new Error('killed on purpose');
  };
  gate.listen({
    asked: async (said) => {
      if (said.about !== 'record' || at !== undefined) return;
      await heard?.(said.record);
      const edge = edgeOf(part, said.record, trace);
      if (edge === 'beginning' && moment === 'before') return blow();
      if (edge === 'end' && moment !== 'after') {
        if (signal === 'SIGKILL') lost = said.record;
        return blow();
      }
      trace.push(said.record);
    },
    answered: async (said) => {
      if (at !== undefined) return;
      // A step that does not ask is struck at its end.
      if (said.about === 'ping') return moment === 'asking' && isWithin ? blow() : undefined;
      const edge = edgeOf(part, said.record, trace.slice(0, trace.indexOf(said.record)));
      if (edge === 'end' && moment === 'after') return blow();
      if (edge === 'beginning' && moment === 'begun') return blow();
      isWithin ||= edge === 'beginning';
      if (edge === 'beginning' && moment === 'middle') setTimeout(() => blow().catch(() => {}), fraction * part.milliseconds);
    },
  });
  const ended = running.ended.then(() => performance.now());
  await Promise.race([blown, ended]);
  gate.listen({});
  return { hit: at !== undefined, at: at ?? (await ended), trace, lost };
}
