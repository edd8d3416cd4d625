import type { Config } from '../config/load.js';
import type { Colour } from '../config/names.js';
import { parseVersion } from '../config/version.js';
import { Compose } from '../engine/compose.js';
import { Deck } from '../engine/deck/deck.js';
import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';
import type { StepTime } from './executor.js';
import { type Records, recordsOf, withJournal } from './journal.js';
import { operate } from './operate.js';
import { type Goal, idleColour, planDeploy, type Step } from './plan.js';
import { recoverAndTell } from './recovery/recover-and-tell.js';
import type { Context, Release } from './release.js';
import { type Contract, contractsSince, downToContracts, migratedSince } from './releases/contracts.js';
import { findTarget, projectOfLive } from './releases/find-target.js';
import { type FittingSet, fittingSet, sayAgo } from './releases/fitting-set.js';
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
  const before = await observe(docker, config.names);
  const { live } = before;
  if (!live) throw new UsageError('no release is live, so there is none to go back from');
  const compose = new Compose(docker.endpoint, { detached: true });
  const version = wanted ?? 'the release before';
  const context: Context = { version, before, config, docker, compose, reporter };

  if (options.dryRun) {
    return withJournal(docker, config, async (records) => {
      const prepared = await prepare(context, options, records);
      const { contracts, release } = prepared;
      const set = contracts.length > 0 ? await fittingSet(docker, config, contracts) : undefined;
      const names = contracts.map(({ name }) => name);
      const { version: to } = release.identity;
      return { outcome: 'planned', version: to, from: live.version, contracts: names, set: set ?? null, steps: release.steps };
    });
  }
  const deck = await Deck.open(docker, {
    names: config.names,
    image: config.settings.NODE_IMAGE,
    command: `rollback to ${version}`,
    network: config.names.networks.app,
    leastToken: before.edgeToken,
  });
  let undone: string | undefined;
  try {
    const wasCutOff = await recoverAndTell(context, deck, options);
    // Typed once more after its deployer was killed: one release back is what was wanted, and not two.
    if (wasCutOff?.what === 'finished' && wasCutOff.command === 'rollback' && wanted === undefined) {
      return { outcome: 'finished', version: wasCutOff.version };
    }
    if (wasCutOff?.what === 'undone') undone = wasCutOff.version;
    if (!wasCutOff) {
      const { release } = await prepare(context, options, recordsOf(deck));
      return { outcome: 'rolled-back', from: live.version, ...(await operate(context, release, deck, options)) };
    }
  } finally {
    await deck.close();
  }
  // What was cut off is in order now. One who wanted to be rid of it has what they wanted.
  if (undone !== undefined && wanted === undefined) return { outcome: 'undone', version: live.version, undone };
  return attempt(options);
}

async function prepare(context: Context, options: RollbackOptions, records: Records): Promise<{ release: Release; contracts: Contract[] }> {
  const { config, before } = context;
  const { live } = before;
  if (!live) throw new UsageError('no release is live, so there is none to go back from');
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
