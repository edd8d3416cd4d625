import { inColumns } from '../config/columns.js';
import { formatDuration } from '../config/durations.js';
import type { Dora } from './dora.js';
import type { History } from './history.js';
import { minute, type Row, rowsOf } from './rows.js';

type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;

/** However narrow the terminal is, so much of a reason is shown (characters). */
const LEAST_REASON = 30;
const NO_DATA = 'no data';

/**
 * @param width the terminal's columns
 * @returns the history as lines: a table, and the figures below it; pure
 */
export function screen(history: History, width: number, paint: Paint): string[] {
  const { operations, total, dora } = history;
  const older = total - operations.length;
  const rows = rowsOf(history);
  return [
    ...(rows.length === 0 ? ['no operation yet'] : table(rows, width, paint)),
    ...(older > 0 ? [paint('dim', `${older} older: --last ${total}`)] : []),
    '',
    paint('bold', `delivery since ${minute(dora.since)} UTC`),
    ...inColumns(figures(dora)).map((line) => `  ${line}`),
  ];
}

function table(rows: readonly Row[], width: number, paint: Paint): string[] {
  const lines = inColumns([['WHEN (UTC)', 'COMMAND', 'VERSION', 'COLOUR', 'BY', 'TOOK'], ...rows.map(({ cells }) => cells)]);
  const left = Math.max(...lines.map((line) => line.length)) + 2;
  // Outcomes have the room that is left, and are painted after the others were put below each other.
  const room = Math.max(LEAST_REASON, width - left);
  const outcomes = rows.map(({ ending, style }) => paint(style, cutTo(ending, room)));
  const [heading = '', ...rest] = lines.map((line) => line.padEnd(left));
  return [paint('dim', `${heading}OUTCOME`), ...rest.map((line, index) => `${line}${outcomes[index]}`)];
}

function figures(dora: Dora): string[][] {
  const { deployments, rollbacks, rolledBack, takenBack, refused } = dora;
  const reached = `reached users: ${deployments + takenBack}, rolled back: ${rolledBack}, taken back by the deploy itself: ${takenBack}`;
  const { medianMs } = dora.timeToRestore;
  return [
    ['deployment frequency', frequency(dora)],
    ['lead time, commit to live', leadTime(dora)],
    ['change failure rate', percent(dora.changeFailureRate, reached)],
    ['time to restore', medianMs === null ? NO_DATA : `median ${formatDuration(medianMs)}`],
    ['rollback rate', percent(dora.rollbackRate, `rollbacks: ${rollbacks}, deploys: ${deployments}`)],
    ['refused before the cut', refused === 0 ? 'none' : `${refused} (no user met them)`],
  ];
}

function frequency({ deployments, deploymentsPerDay, deploymentsPerWeek }: Dora): string {
  if (deploymentsPerDay === null || deploymentsPerWeek === null) return NO_DATA;
  return `${rounded(deploymentsPerDay)} a day, ${rounded(deploymentsPerWeek)} a week (deploys: ${deployments})`;
}

function leadTime({ deployments, leadTime: { medianMs, p90Ms, of } }: Dora): string {
  if (medianMs === null || p90Ms === null) return NO_DATA;
  const unknown = of === deployments ? '' : ` (the commit is known of ${of} of ${deployments} deploys)`;
  return `median ${formatDuration(medianMs)}, p90 ${formatDuration(p90Ms)}${unknown}`;
}

function percent(rate: number | null, of: string): string {
  return rate === null ? NO_DATA : `${rounded(rate * 100)} % (${of})`;
}

/** @returns at most two digits behind the point, and no zeros at the end */
function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function cutTo(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
