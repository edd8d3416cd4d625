import type { Colour } from '../../config/names.js';
import type { JournalRecord } from '../journal.js';
import type { RestoredData } from '../operation.js';

/** A deploy or a rollback whose deployer was killed: it neither ended nor was undone. */
export interface CutOff {
  /** Its fencing token: when the edge serves under it, it got as far as the cut. */
  token: number;
  command: string;
  version: string;
  release: string;
  /** Where its release was to go. */
  colour: Colour;
  /** The step that it was at; undefined: it had begun none. */
  step: string | undefined;
}

const COMMANDS = ['deploy', 'rollback'];
/** Written once a release and its data are both in their places, or both back, and the public is let in. */
const IN_ORDER = 'data-in-order';

/**
 * @param journal its records, oldest first
 * @returns the last deploy or rollback, when it was cut off and nothing has put it in order since; one that also replaced data
 * and was cut off in the middle of that is left out, see {@link cutOffWithData}; pure
 */
export function cutOffIn(journal: readonly JournalRecord[]): CutOff | undefined {
  const began = lastBegun(journal);
  if (!began || cutOffWithData(journal)) return undefined;
  return journal.some(({ kind, token }) => kind === 'ended' && token === began.token) ? undefined : described(journal, began);
}

/**
 * @param journal its records, oldest first
 * @returns the last rollback, when it was to bring the data of a backup set along and either was cut off or could not be taken
 * back: release and data may not fit each other, and the public may be turned away; pure
 */
export function cutOffWithData(journal: readonly JournalRecord[]): (CutOff & RestoredData) | undefined {
  const began = lastBegun(journal);
  if (began?.set === undefined) return undefined;
  if (journal.some(({ kind, token }) => kind === IN_ORDER && token === began.token)) return undefined;
  return { ...described(journal, began), set: String(began.set), stamp: String(began.stamp) };
}

/** @returns the record that says so of an operation */
export function inOrder(token: number): JournalRecord {
  return { at: new Date().toISOString(), kind: IN_ORDER, token };
}

function lastBegun(journal: readonly JournalRecord[]): JournalRecord | undefined {
  return journal.findLast(({ kind, command }) => kind === 'began' && COMMANDS.includes(String(command)));
}

function described(journal: readonly JournalRecord[], began: JournalRecord): CutOff {
  const steps = journal.filter(({ kind, token }) => kind === 'step-began' && token === began.token);
  return {
    token: began.token,
    command: String(began.command),
    version: String(began.version),
    release: String(began.release),
    colour: began.colour as Colour,
    step: steps.at(-1)?.step as string | undefined,
  };
}
