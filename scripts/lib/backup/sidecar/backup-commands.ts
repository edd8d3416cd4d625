import { parseArgs } from 'node:util';
import { UsageError } from '../../errors.js';
import { readCatalogue } from '../catalogue.js';
import * as work from '../daemon/work.js';
import * as mark from '../mark.js';
import type { Context } from '../run/context.js';
import { type Kind, kinds, type Reason } from '../set.js';
import type { DrillOutcome, ListResult, PinResult, PruneResult, RunResult, ShowResult, VerifyResult } from './results.js';

/** `run [--only postgres,redis] [--reason command]` */
export async function run(context: Context, words: readonly string[]): Promise<RunResult> {
  const { values } = parseArgs({ args: [...words], options: { only: { type: 'string' }, reason: { type: 'string', default: 'command' } } });
  return work.backUp(context, { kinds: kindsOf(values.only), reason: values.reason as Reason }, work.BY_COMMAND);
}

/** `list` */
export async function list({ stores, stack, signal }: Context): Promise<ListResult> {
  return readCatalogue(stores, stack, signal);
}

/** `show <set>` */
export async function show(context: Context, [wanted = '']: readonly string[]): Promise<ShowResult> {
  return work.find(context, wanted, []);
}

/** `verify <set>` */
export async function verify(context: Context, [wanted = '']: readonly string[]): Promise<VerifyResult> {
  return { verifications: await work.verify(context, wanted, work.BY_COMMAND) };
}

/** `drill [<set>]` */
export async function drill(context: Context, [wanted = 'latest']: readonly string[]): Promise<DrillOutcome> {
  return work.drill(context, wanted, work.BY_COMMAND);
}

/** `pin <set>` */
export async function pin(context: Context, [wanted = '']: readonly string[]): Promise<PinResult> {
  const set = await work.find(context, wanted, []);
  await mark.pin(context.stores, set, context.now());
  return { set: set.manifest.set, pinned: true };
}

/** `unpin <set>` */
export async function unpin(context: Context, [wanted = '']: readonly string[]): Promise<PinResult> {
  const set = await work.find(context, wanted, []);
  await mark.unpin(context.stores, set);
  return { set: set.manifest.set, pinned: false };
}

/** `prune [--dry-run]` */
export async function prune(context: Context, words: readonly string[]): Promise<PruneResult> {
  const { values } = parseArgs({ args: [...words], options: { 'dry-run': { type: 'boolean', default: false } } });
  return work.locked(context, (held) => work.pruneNow(held, values['dry-run']));
}

/** @throws UsageError naming what is no kind */
export function kindsOf(only: string | undefined): Kind[] {
  if (only === undefined) return [];
  const named = only.split(',').filter(Boolean);
  const unknown = named.filter((name) => !(kinds as readonly string[]).includes(name));
  if (unknown.length > 0 || named.length === 0) {
    throw new UsageError(`--only: should be some of ${kinds.join(', ')}, got ${JSON.stringify(only)}`);
  }
  return kinds.filter((kind) => named.includes(kind));
}
