import type { StepTime } from '../../../scripts/lib/deploy/executor.js';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import type { Step } from '../../../scripts/lib/deploy/plan.js';

/**
 * When a deployer is struck, by its journal: right before a part of its work begins, somewhere in it, when all of it is done
 * and not yet written down, and right after that.
 */
export const moments = ['before', 'middle', 'unwritten', 'after'] as const;
/**
 * When one is halted: with the deck's word in its hands that a part may begin, or that the lock is still its own. It acts on
 * that word when it wakes.
 */
export const halts = ['begun', 'asking'] as const;
export type Moment = (typeof moments)[number] | (typeof halts)[number];

/** A part of an operation that the journal has a beginning and an end of. */
export interface Part {
  /** `whole`: the operation itself. `undo`: the n-th thing that is taken back, from 0. */
  of: 'whole' | 'step' | 'undo';
  id: string;
  /** How long it takes when nobody strikes (milliseconds). */
  milliseconds: number;
  nth?: number;
}

/** Where a deployer is struck. */
export interface Point {
  part: Part;
  moment: Moment;
}

/** @returns the parts of an operation: itself, then each step of its plan; how long they take by a run that nobody struck */
export function partsOf(steps: readonly Step[], times: readonly StepTime[]): Part[] {
  const took = new Map(times.map(({ id, milliseconds }) => [id, milliseconds]));
  return [
    { of: 'whole', id: 'the operation', milliseconds: times.reduce((sum, { milliseconds }) => sum + milliseconds, 0) },
    ...steps.map(({ id }): Part => ({ of: 'step', id, milliseconds: took.get(id) ?? 0 })),
  ];
}

/** @returns what was taken back in a run, by its journal's records */
export function undosOf(trace: readonly JournalRecord[]): Part[] {
  const done = trace.filter(({ kind }) => kind === 'undo-done');
  return trace
    .filter(({ kind }) => kind === 'undo-began')
    .map(({ step, at }, nth) => {
      const end = done.find((record) => record.step === step)?.at ?? at;
      return { of: 'undo', id: `undo: ${step}`.replace(/blue|green/g, '…'), milliseconds: Date.parse(end) - Date.parse(at), nth };
    });
}

/** @returns every moment of every part. Of an operation itself there is no middle but its steps, and after its end it is over */
export function pointsOf(parts: readonly Part[]): Point[] {
  return parts.flatMap((part) =>
    moments.filter((moment) => part.of !== 'whole' || moment === 'before' || moment === 'unwritten').map((moment) => ({ part, moment })),
  );
}

/** @returns both moments of every step */
export function haltsOf(parts: readonly Part[]): Point[] {
  return parts.filter((part) => part.of === 'step').flatMap((part) => halts.map((moment) => ({ part, moment })));
}

export function sayPoint({ part, moment }: Point): string {
  return `${moment} ${part.id}`;
}

const BEGINNING = { whole: 'began', step: 'step-began', undo: 'undo-began' } as const;
const END = { whole: 'ended', step: 'step-done', undo: 'undo-done' } as const;

/** @returns where a record stands to a part, given those before it: its beginning, its end, or neither */
export function edgeOf(part: Part, record: JournalRecord, before: readonly JournalRecord[]): 'beginning' | 'end' | undefined {
  const edge = record.kind === BEGINNING[part.of] ? 'beginning' : record.kind === END[part.of] ? 'end' : undefined;
  if (edge === undefined || part.of === 'whole') return edge;
  if (part.of === 'step') return record.step === part.id ? edge : undefined;
  return before.filter(({ kind }) => kind === record.kind).length === part.nth ? edge : undefined;
}

/** How far an operation had come, by its journal: whether the next command finds anything, and what it has to do about it. */
export type Stage =
  /** It had not begun to do anything, or had come to its end. */
  | 'nothing'
  | 'not cut'
  | 'cut'
  /** It was about to move traffic, to or fro: what the edge serves decides. */
  | 'either';

/**
 * @param trace the records that it has written, in order
 * @param lost one that it was kept from writing, though it had done what it tells
 * @param cut the step that moves all traffic
 */
export function stageOf(trace: readonly JournalRecord[], lost: JournalRecord | undefined, cut: string): Stage {
  const has = (kind: string, step?: string) => trace.some((record) => record.kind === kind && (step === undefined || record.step === step));
  if (!has('began') || has('ended')) return 'nothing';
  if (!has('step-began', cut)) return 'not cut';
  const isCut = has('step-done', cut) || (lost?.kind === 'step-done' && lost.step === cut);
  return isCut && !has('undo-began') ? 'cut' : 'either';
}
