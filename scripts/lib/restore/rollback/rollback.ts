import type { RestoreFacts } from '../../backup/sidecar/restore-results.js';
import type { Config } from '../../config/load.js';
import { parseVersion } from '../../config/version.js';
import { Cron } from '../../cron/cron.js';
import { readJournal, withJournal } from '../../deploy/journal.js';
import { cutOffWithData } from '../../deploy/recovery/cut-off.js';
import { recoverFirst } from '../../deploy/recovery/recover-and-tell.js';
import type { Context } from '../../deploy/release.js';
import type { Reporter } from '../../deploy/reporter.js';
import { assertEngine, observe } from '../../deploy/state.js';
import type { OnInterrupt } from '../../deploy/watch.js';
import { Compose } from '../../engine/compose.js';
import { Deck } from '../../engine/deck/deck.js';
import type { Docker } from '../../engine/docker.js';
import { UsageError } from '../../errors.js';
import { newEvents } from '../events.js';
import { parseRestore } from '../request.js';
import { settleLeft } from './left.js';
import { type GoneBack, goBack, type Means } from './operate.js';
import type { Step } from './plan.js';
import { type Preparation, prepareBack, type Wish } from './prepare.js';

export interface RollbackWithDataOptions {
  /** To the newest release of that version; undefined: to the one before the live one. */
  version: string | undefined;
  /** A set's id, or `latest`. */
  set: string;
  /** Do not back up what is replaced first. */
  skipSafetySet: boolean;
  config: Config;
  docker: Docker;
  dryRun: boolean;
  /** Asked before anything is changed; undefined: nobody is there to answer. */
  confirm: ((question: string) => Promise<boolean>) | undefined;
  /** Shown before anybody is asked. */
  show: (plan: Planned) => void;
  reporter: Reporter;
  onInterrupt: OnInterrupt;
}

/** What would be done, and what a person should know before. */
export interface Planned {
  version: string;
  from: string;
  set: RestoreFacts['set'];
  /** What the older release cannot live with. */
  contracts: string[];
  steps: Step[];
  notes: string[];
}

/** What a rollback with data came to. */
export type RollbackWithDataResult =
  | ({ outcome: 'planned' } & Planned)
  /** `kept`: databases as they were just before, beside the live ones. */
  | ({ outcome: 'rolled-back'; from: string; set: string; kept: string[] } & GoneBack)
  /** The same had been cut off after it had cut, and was finished. */
  | { outcome: 'finished'; version: string; set: string }
  /** Of a dry run: one was cut off, and would be put in order this way first. */
  | { outcome: 'cut-off'; version: string; set: string; step: string | null; first: 'finished' | 'undone' };

/**
 * Goes back to an older release together with the databases of a backup set. They are loaded and compared beside what is live;
 * then the public is turned away until the older release has passed its checks on them. Whatever fails on the way, the live
 * release serves as before, on its own data. Typed again after a kill it first puts in order what was cut off.
 *
 * @throws UsageError (exit code 2) before anything is changed; LockedError or CronError (3) when another operation, or a
 * backup, runs; SlipwayError (1, or 4 when a person has to look) when it failed
 */
export async function rollbackWithData(options: RollbackWithDataOptions): Promise<RollbackWithDataResult> {
  try {
    return await attempt(options);
  } finally {
    await options.reporter.end();
  }
}

async function attempt(options: RollbackWithDataOptions): Promise<RollbackWithDataResult> {
  const { config, docker, reporter, dryRun } = options;
  const wish = wishOf(options);
  await assertEngine(docker);
  const first = dryRun ? await whatIsLeft(config, docker) : await settled(options, wish);
  if (first) return first;
  const before = await observe(docker, config.names);
  const compose = new Compose(docker.endpoint, { detached: true });
  const context: Context = { version: wish.version ?? 'the release before', before, config, docker, compose, reporter };
  const cron = await Cron.find(docker, config.names);
  const events = newEvents();
  const means: Means = { cron, events, session: cron.open(['restore'], events.onEvent), onInterrupt: options.onInterrupt };
  try {
    const prepared = await withJournal(docker, config, (records) => prepareBack(context, wish, records, means.session));
    const planned = plannedOf(prepared, events.early);
    if (dryRun) return { outcome: 'planned', ...planned };
    await agree(options, planned);
    const done = await whileLocked(context, (deck) => goBack(context, prepared, deck, means), options);
    const kept = prepared.intent.swaps.flatMap((swap) => swap.before ?? []);
    if (done) return { outcome: 'rolled-back', from: planned.from, set: prepared.intent.set ?? '', kept, ...done };
  } finally {
    // How it ended was told by then.
    await means.session.end().catch(() => {});
  }
  // What another operation had left is in order now, so the plan that was made before it no longer fits.
  return attempt(options);
}

function wishOf({ version, set, skipSafetySet, dryRun, confirm }: RollbackWithDataOptions): Wish {
  const none = { database: [], table: [], toDatabase: undefined, fromFile: undefined, fromStack: undefined, undo: false, forget: false };
  const wanted = parseRestore({ ...none, set, only: 'postgres', skipSafetySet });
  if (wanted.action !== 'restore') throw new UsageError('--restore-data: should be latest or the id of a set');
  if (!dryRun && !confirm) {
    throw new UsageError('going back with the data asks before it replaces anything, and nobody is here to answer', {
      hints: ['add --yes to mean it, or --dry-run to see what it would do'],
    });
  }
  return { version: version === undefined ? undefined : parseVersion(version), request: wanted.request, safetySet: wanted.safetySet };
}

/** One that is typed again after a kill is done when what was cut off is. */
async function settled(options: RollbackWithDataOptions, { version, request }: Wish): Promise<RollbackWithDataResult | undefined> {
  const done = await settleLeft(options.config, options.docker, { ...options, how: 'resume' });
  if (done?.recovered.what !== 'finished') return undefined;
  const { left } = done;
  const isSame = (version ?? left.version) === left.version && [left.set, 'latest'].includes(request.set ?? '');
  return isSame ? { outcome: 'finished', version: left.version, set: left.set } : undefined;
}

async function whatIsLeft(config: Config, docker: Docker): Promise<RollbackWithDataResult | undefined> {
  const left = cutOffWithData(await readJournal(docker, config));
  if (!left) return undefined;
  const { live } = await observe(docker, config.names);
  const { version, set, step = null, token } = left;
  return { outcome: 'cut-off', version, set, step, first: live?.token === token ? 'finished' : 'undone' };
}

function plannedOf({ release, live, facts, contracts, steps, notes }: Preparation, early: readonly string[]): Planned {
  const { version } = release.identity;
  return { version, from: live.version, set: facts.set, contracts, steps, notes: [...notes, ...early] };
}

async function agree({ show, confirm }: RollbackWithDataOptions, planned: Planned): Promise<void> {
  show(planned);
  const { from, version, set } = planned;
  if (await confirm?.(`go back from ${from} to ${version}, with the data of the set ${set?.id} in place of what is live now?`)) return;
  throw new UsageError('nothing was changed', { hints: ['add --yes if you mean it'] });
}

/** @returns undefined when something else was put in order instead */
async function whileLocked<T>(
  context: Context,
  work: (deck: Deck) => Promise<T>,
  options: RollbackWithDataOptions,
): Promise<T | undefined> {
  const { docker, config, version, before } = context;
  const deck = await Deck.open(docker, {
    names: config.names,
    image: config.settings.NODE_IMAGE,
    command: `rollback to ${version}, with the data of ${options.set}`,
    network: config.names.networks.app,
    leastToken: before.edgeToken,
  });
  try {
    return (await recoverFirst(context, deck, options)) ? undefined : await work(deck);
  } finally {
    await deck.close();
  }
}
