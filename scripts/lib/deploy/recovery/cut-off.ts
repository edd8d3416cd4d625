import type { Colour } from '../../config/names.js';
import type { JournalRecord } from '../journal.js';

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

/**
 * @param journal its records, oldest first
 * @returns the last deploy or rollback, when it was cut off and nothing has put it in order since; pure
 */
export function cutOffIn(journal: readonly JournalRecord[]): CutOff | undefined {
  const began = journal.findLast(({ kind, command }) => kind === 'began' && COMMANDS.includes(String(command)));
  if (!began || journal.some(({ kind, token }) => kind === 'ended' && token === began.token)) return undefined;
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
