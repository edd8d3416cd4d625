import { basename } from 'node:path';
import { inColumns } from '../config/columns.js';
import type { CheckedConfig } from '../config/report/check.js';
import type { ConfigDiff } from '../config/report/diff.js';
import type { Shown, ShownValue } from '../config/report/show.js';
import type { Output } from './output.js';

type Say = Output['line'];

/** Prints each key, its value and where that is from. */
export function sayShown({ file, environment, values }: Shown, say: Say): void {
  say(`${environment ?? 'no known environment'}, of ${file}`);
  say('');
  for (const line of inColumns(values.map((one) => [one.key, readable(one.value), placeOf(one)]))) say(line);
}

/** Prints every problem, or that there is none. */
export function sayCheck({ file, environment, layers, problems }: CheckedConfig, say: Say, paint: Output['paint']): void {
  const what = `${environment ?? 'no known environment'}, of ${file}`;
  for (const problem of problems) say(`${paint('red', '✗')} ${problem}`);
  if (problems.length > 0) say(paint('red', `${what}: ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`));
  else say(`${paint('green', '✓')} ${what}: no problem in ${layers.join(', ')}`);
}

/** Prints the keys that differ, an environment a column. */
export function sayDiff({ file, environments: [one, other], differences, bare }: ConfigDiff, say: Say): void {
  for (const name of bare) say(`${name} has no file of its own (${basename(file)}.${name}): it has what ${basename(file)} says`);
  if (differences.length === 0) say(`${one} and ${other} do not differ`);
  const rows = differences.map(({ key, secret, values: [left, right] }) => {
    const isOther = secret && left !== null && left === right;
    return [key, readable(left), isOther ? `${readable(right)}, another` : readable(right)];
  });
  for (const line of rows.length === 0 ? [] : inColumns([['', one, other], ...rows])) say(line);
}

/** One line for every value, so that a column stays one. */
function readable(value: string | null): string {
  if (value === null) return '(not set)';
  return /\p{Cc}/u.test(value) ? JSON.stringify(value) : value;
}

function placeOf({ layer, source, line }: ShownValue): string {
  if (layer === null || source === null) return '';
  return line === null ? source : `${basename(source)}:${line}`;
}
