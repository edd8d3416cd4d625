import { formatDuration } from '../config/durations.js';
import type { Session } from '../deploy/sessions.js';
import type { Entry } from './entries.js';
import type { History } from './history.js';

/** A row of the history's table: an operation, or a session. */
export interface Row {
  at: string;
  /** When, command, version, colour, by whom, how long. */
  cells: string[];
  /** How it ended, in a line. */
  ending: string;
  style: 'dim' | 'red' | 'green' | 'yellow';
}

/**
 * @returns operations and the sessions between them, the newest first; sessions that are older than the oldest operation shown are
 * left out when there are older operations as well; pure
 */
export function rowsOf({ operations, sessions, total }: Pick<History, 'operations' | 'sessions' | 'total'>): Row[] {
  const oldest = total > operations.length ? Date.parse(operations.at(-1)?.at ?? '') : Number.NEGATIVE_INFINITY;
  const rows = [...operations.map(operationRow), ...sessions.filter(({ at }) => Date.parse(at) >= oldest).map(sessionRow)];
  return rows.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

function operationRow(entry: Entry): Row {
  const { at, command, version, colour, by, ms, outcome } = entry;
  const style = outcome === 'done' ? 'green' : outcome === 'failed' ? 'red' : 'yellow';
  return { at, cells: cells(at, command, version || '-', colour, by, ms), ending: ending(entry), style };
}

function ending({ outcome, reason, step }: Entry): string {
  if (outcome === 'running' || outcome === 'cut off') return step === null ? outcome : `${outcome} at "${step}"`;
  return outcome === 'failed' && reason !== null ? `${outcome}: ${firstLine(reason)}` : outcome;
}

/** Whether it goes on, or its client was killed, nobody can tell. A program may end as it likes, which is no failure of anybody. */
function sessionRow({ at, command, service, colour, replica, program, database, role, by, ms, exitCode }: Session): Row {
  const what =
    command === 'psql' ? `${firstLine(database ?? '')} as ${firstLine(role ?? '')}` : `${firstLine(program)} in ${service}-${replica}`;
  return {
    at,
    cells: cells(at, command, '-', colour, by, ms),
    ending: `${what}: ${exitCode === null ? 'not ended' : `exit code ${exitCode}`}`,
    style: exitCode === null ? 'yellow' : 'dim',
  };
}

function cells(at: string, command: string, version: string, colour: string | null, by: string | null, ms: number | null): string[] {
  return [minute(at), command, version, colour ?? '-', by ?? '-', ms === null ? '-' : formatDuration(ms)];
}

/** @returns `2026-05-01 12:00` */
export function minute(moment: string): string {
  return moment.slice(0, 16).replace('T', ' ');
}

/** A reason can be a program's own words, with whatever that prints to a terminal. */
function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/\p{C}+/gu, ' ').trim();
}
