import { formatDuration } from '../config/durations.js';
import { sayAgo } from '../deploy/releases/fitting-set.js';
import type { RollbackResult } from '../deploy/rollback.js';
import type { Planned, RollbackWithDataResult } from '../restore/rollback/rollback.js';
import type { Output } from './output.js';

/** Says what a rollback came to, or would do. */
export function sayRollback(result: RollbackResult | RollbackWithDataResult, output: Output): void {
  const { line, paint } = output;
  switch (result.outcome) {
    case 'rolled-back':
      line(paint('green', `${result.version} is live again (${result.colour}), after ${formatDuration(result.milliseconds)}`));
      if ('set' in result) for (const text of afterwards(result)) line(text);
      break;
    case 'undone':
      line(paint('green', `${result.undone}, which was cut off, is undone: ${result.version} serves`));
      break;
    case 'finished':
      line(
        paint(
          'green',
          `${result.version} is live again${'set' in result ? `, with the data of the set ${result.set}` : ''}: what was cut off is finished`,
        ),
      );
      break;
    case 'cut-off':
      line(`going back to ${result.version} with the data of the set ${result.set} was cut off at "${result.step ?? 'its beginning'}"`);
      line(`  it would be ${result.first} first${result.first === 'undone' ? ', and then begun anew' : ''}`);
      break;
    case 'planned':
      if ('notes' in result) sayPlanned(result, output);
      else sayWays(result, output);
  }
}

/** Shows a plan that brings data along: the steps by number, and what to know before. */
export function sayPlanned({ version, from, set, steps, notes }: Planned, { line, paint }: Output): void {
  line(`from ${from} back to ${version}, with the data of the set ${set?.id}, these steps would be done:`);
  for (const text of numbered(steps)) line(text);
  for (const note of notes) line(paint('yellow', `  ! ${note}`));
}

function sayWays({ version, from, steps, contracts, set }: Extract<RollbackResult, { outcome: 'planned' }>, { line }: Output): void {
  line(`from ${from} back to ${version}, these steps would be done:`);
  for (const text of numbered(steps)) line(text);
  if (contracts.length === 0) return;
  const [id, made] = set ? [set.id, `, such as this one, made ${sayAgo(set.began)}`] : ['SET', ' from before them'];
  line(`${version} cannot live with what was migrated since: ${contracts.join(', ')}. So one of these has to be added:`);
  line('  --migrate-down  takes them back first, on the live database: whatever else was written since stays, and data that they made');
  line('                  room for are lost; the app has to have a way down');
  line(`  --restore-data ${id}  goes back together with the databases of a backup set${made}: whatever was`);
  line('                  written since is no longer live, but kept beside; the public is turned away meanwhile; --dry-run shows more');
  line('  --force         goes back all the same, on the data as they are');
}

function numbered(steps: readonly { title: string }[]): string[] {
  return steps.map(({ title }, index) => `  ${String(index + 1).padStart(2)}. ${title}`);
}

function afterwards({ kept, set, safetySet, from }: Extract<RollbackWithDataResult, { outcome: 'rolled-back' }>): string[] {
  return [
    `  → its data are those of the set ${set}; what was live before is kept as ${kept.join(', ')}`,
    ...(safetySet === null ? [] : [`  → forward again: npx zx scripts/rollback.mjs ${from} --restore-data ${safetySet}`]),
    '  → when you need nothing of it any more: npx zx scripts/restore.mjs --forget',
  ];
}
