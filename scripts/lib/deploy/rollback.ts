import type { Config } from '../config/load.js';
import type { Colour } from '../config/names.js';
import { parseVersion } from '../config/version.js';
import { Compose } from '../engine/compose.js';
import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';
import type { StepTime } from './executor.js';
import { type Records, withJournal } from './journal.js';
import { lockAndLook } from './lock-and-look.js';
import { operateAsSeen } from './operate.js';
import { type Goal, idleColour, planDeploy, type Step } from './plan.js';
import { recoverFirst } from './recovery/recover-and-tell.js';
import type { Context, Release } from './release.js';
import { type Contract, contractsSince, downToContracts, migratedSince } from './releases/contracts.js';
import { findTarget, projectOfLive } from './releases/find-target.js';
import type { FittingSet } from './releases/fitting-set.js';
import type { KeptRelease } from './releases/kept-release.js';
import { ofKept } from './releases/of-kept.js';
import type { Reporter } from './reporter.js';
import { assertEngine, observe, type State } from './state.js';
import type { OnInterrupt } from './watch.js';

export interface RollbackOptions {
  /** To the newest release of that version; undefined: to the one before the live one. */
  version: string | undefined;
  config: Config;
  docker: Docker;
  dryRun: boolean;
  /** Whatever was migrated since, the older release is to live with it. */
  force: boolean;
  /** Takes back, down to the last contracting one, the migrations that were run since. */
  migrateDown: boolean;
  reporter: Reporter;
  onInterrupt: OnInterrupt;
}

/** What a rollback came to. */
export type RollbackResult =
  | { outcome: 'rolled-back'; version: string; from: string; colour: string; release: string; milliseconds: number; steps: StepTime[] }
  /** A rollback that was cut off was finished instead. */
  | { outcome: 'finished'; version: string }
  /** A deploy that was cut off was undone instead: the release before it serves, and nothing else was gone back from. */
  | { outcome: 'undone'; version: string; undone: string }
  | {
      outcome: 'planned';
      version: string;
      from: string;
      contracts: string[];
      /** The newest backup set that the release can live with, by the clock; null: none is known, or none is needed. */
      set: FittingSet | null;
      steps: Step[];
    };

/**
 * Goes back to a release that was live before, exactly as it was deployed: its images, and its files as Compose resolved
 * them then. Its web services are started where they do not run, and checked, before traffic moves; a colour that is warm
 * takes over by a cut alone. Whatever fails on the way, the live release serves as before.
 *
 * @throws UsageError (exit code 2) when there is nothing to go back to, or a contracting migration lies in between and
 * nobody said what to do about it; LockedError (3); SlipwayError (1, or 4 when a person has to look) when it failed
 */
export async function rollback(options: RollbackOptions): Promise<RollbackResult> {
  try {
    return await attempt(options);
  } finally {
    await options.reporter.end();
  }
}

async function attempt(options: RollbackOptions): Promise<RollbackResult> {
  const { config, docker, reporter } = options;
  const wanted = options.version === undefined ? undefined : parseVersion(options.version);
  await assertEngine(docker);
  const compose = new Compose(docker.endpoint, { detached: true });
  const version = wanted ?? 'the release before';
  // Asked beside the lock; whoever needs it gets its error.
  docker.machine().catch(() => {});

  if (options.dryRun) {
    const before = await observe(docker, config.names);
    const { version: from } = liveIn(before);
    const context: Context = { version, before, config, docker, compose, reporter };
    return withJournal(docker, config, async (records) => planned(context, from, await prepare(context, options, records)));
  }
  const contextOf = (before: State): Context => ({ version, before, config, docker, compose, reporter });
  const locked = await lockAndLook(docker, config, `rollback to ${version}`, (before, records) => {
    return prepare(contextOf(before), options, records);
  });
  if (!locked) throw nothingLive();
  const { deck, before, seen } = locked;
  let undone: string | undefined;
  try {
    const wasCutOff = await recoverFirst(contextOf(before), deck, options);
    // Typed once more after its deployer was killed: one release back is what was wanted, and not two.
    if (wasCutOff?.what === 'finished' && wasCutOff.command === 'rollback' && wanted === undefined) {
      return { outcome: 'finished', version: wasCutOff.version };
    }
    if (wasCutOff?.what === 'undone') undone = wasCutOff.version;
    if (!wasCutOff) {
      const { version: from } = liveIn(before);
      const { release } = await seen;
      return { outcome: 'rolled-back', from, ...(await operateAsSeen(contextOf(before), release, deck, options)) };
    }
  } finally {
    await deck.close();
  }
  // What was cut off is in order now. One who wanted to be rid of it has what they wanted.
  if (undone !== undefined && wanted === undefined) return { outcome: 'undone', version: liveIn(before).version, undone };
  return attempt(options);
}

function liveIn({ live }: State): NonNullable<State['live']> {
  if (!live) throw nothingLive();
  return live;
}

function nothingLive(): UsageError {
  return new UsageError('no release is live, so there is none to go back from');
}

async function planned(
  { docker, config }: Context,
  from: string,
  { contracts, release }: Awaited<ReturnType<typeof prepare>>,
): Promise<RollbackResult> {
  // The way to the sets is loaded only where it is needed.
  const set = contracts.length > 0 ? await (await import('./releases/fitting-set.js')).fittingSet(docker, config, contracts) : undefined;
  const names = contracts.map(({ name }) => name);
  return { outcome: 'planned', version: release.identity.version, from, contracts: names, set: set ?? null, steps: release.steps };
}

async function prepare(context: Context, options: RollbackOptions, records: Records): Promise<{ release: Release; contracts: Contract[] }> {
  const { config, before } = context;
  liveIn(before);
  const { first, kept } = await findTarget(context, options.version, records);
  const migrated = migratedSince(records.journal, first.token);
  const contracts = contractsSince(records.journal, first.token);
  if (contracts.length > 0 && !options.force && !options.migrateDown && !options.dryRun) {
    throw await refusal(context, kept.version, contracts);
  }

  const colour = idleColour(before);
  const found = await ofKept(context, kept, colour);
  const takeBack = options.migrateDown ? downToContracts(migrated) : [];
  const goal: Goal = {
    how: takeBack.length === 0 && isWarm(before, colour, kept, found.app.services) ? 'warm-rollback' : 'rollback',
    version: kept.version,
    services: found.app.services,
    retire: config.settings.RETIRE,
    backup: false,
    takeBack,
  };
  const release: Release = {
    ...found,
    ...(takeBack.length === 0 ? {} : await projectOfLive(context, records)),
    command: 'rollback',
    steps: planDeploy(before, goal),
  };
  return { release, contracts };
}

/** Names each way that there is, and what it costs. */
async function refusal({ docker, config }: Context, version: string, contracts: readonly Contract[]): Promise<UsageError> {
  const { fittingSet, sayAgo } = await import('./releases/fitting-set.js');
  const set = await fittingSet(docker, config, contracts);
  const made = set ? `, made ${sayAgo(set.began)}` : ' from before them (npx zx scripts/backup.mjs list)';
  return new UsageError(`${version} cannot live with what was migrated since`, {
    details: contracts.map(({ name }) => `${name}: is a contracting migration`),
    hints: [
      '--migrate-down takes them back first, by the app’s own way down; data that they made room for is lost',
      `--restore-data ${set?.id ?? 'SET'} goes back together with the databases of that backup set${made}; what they got since is no longer live`,
      '--force goes back all the same',
    ],
  });
}

/** @returns whether every container of the release is in its colour, and its web services run */
function isWarm({ colours }: State, colour: Colour, { release }: KeptRelease, services: Goal['services']): boolean {
  return services.every(({ name, role, replicas }) => {
    const own = colours[colour].filter((one) => one.service === name && one.release === release);
    const ready = own.filter(
      ({ state, health }) => role !== 'web' || (state === 'running' && health !== 'unhealthy' && health !== 'starting'),
    );
    return ready.length >= replicas;
  });
}
