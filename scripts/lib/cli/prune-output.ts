import { inColumns } from '../config/columns.js';
import { formatBytes } from '../config/durations.js';
import type { KeptThing } from '../deploy/prune/plan.js';
import type { Pruned, PruneResult } from '../deploy/prune/prune.js';
import type { Output } from './output.js';

const KINDS: Record<Pruned['kind'], string> = {
  container: 'container',
  image: 'image',
  name: 'name only',
  release: 'release',
  toolkit: 'toolkit image',
  journal: 'journal',
  'build-cache': 'build cache',
};

/** Tells what went, or would go, and why; what stays in one line. */
export function printPruned({ outcome, stack, things, kept, freed }: PruneResult, { line, paint }: Output): void {
  if (outcome === 'nothing-to-do') line(`nothing of ${stack} is left over; nothing was changed`);
  else {
    line(outcome === 'planned' ? 'this would be removed:' : 'this was removed:');
    const [heading = '', ...rows] = inColumns([['WHAT', 'NAME', 'SIZE', 'WHY'], ...things.map(cells)]);
    line(`  ${paint('dim', heading)}`);
    for (const row of rows) line(`  ${row}`);
  }
  const stays = sentence(kept);
  if (stays !== '') line(`kept: ${stays}`);
  if (freed !== null) line(paint('green', `${formatBytes(freed)} became free`));
}

function cells({ kind, name, bytes, reason, outcome }: Pruned): string[] {
  const size = bytes === null ? '-' : formatBytes(bytes);
  return [KINDS[kind], name, size, outcome === 'in use' ? 'it stays: somebody uses it by now' : reason];
}

/** @returns what is kept, things with the same reason together; pure */
export function sentence(kept: readonly KeptThing[]): string {
  const byReason = new Map<string, string[]>();
  for (const { what, why } of kept) byReason.set(why, [...(byReason.get(why) ?? []), what]);
  return [...byReason].map(([why, whats]) => `${whats.join(', ')} (${why})`).join('; ');
}
