import type { Config } from '../config/load.js';
import { Cron } from '../cron/cron.js';
import type { Reporter } from '../deploy/reporter.js';
import { assertEngine, containersOf, observe } from '../deploy/state.js';
import type { OnInterrupt } from '../deploy/watch.js';
import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';
import { haveBase, withDriftHint } from './bare.js';
import { copyBackCommand, lookCommand } from './copy-back.js';
import { newEvents } from './events.js';
import type { StepTime } from './execute.js';
import { lookAtDump } from './from-file.js';
import { type Means, operate } from './operate.js';
import type { RestoreSession } from './operation.js';
import type { Plan } from './plan.js';
import { type Outcome, prepare } from './prepare.js';
import { parseRestore, type RestoreFlags, type Wanted } from './request.js';

export interface RestoreOptions {
  flags: RestoreFlags;
  /** Only say what would be done. */
  dryRun: boolean;
  /** Asked before anything is changed; undefined: nobody is there to answer. */
  confirm: ((question: string) => Promise<boolean>) | undefined;
  /** Shown before anybody is asked. */
  show: (plan: Plan) => void;
  reporter: () => Promise<Reporter>;
  /** Reads the configuration, and makes the engine and the base's images ready when they are not. */
  prepare: () => Promise<{ config: Config; docker: Docker }>;
  /** Does a piece of work under a title; `say` takes what it is at. */
  step: <T>(title: string, work: (say: (line: string) => void) => Promise<T>) => Promise<T>;
  onInterrupt: OnInterrupt;
}

/** What a restore came to. */
export type RestoreResult =
  | ({ outcome: 'planned' } & Pick<Plan, 'title' | 'steps' | 'notes'>)
  | { outcome: 'nothing-to-do' }
  | (Outcome & {
      /** The set that was taken of what was replaced; null: none. */
      safetySet: string | null;
      /** What earlier restores had left and was put in order first, a line each. */
      mended: string[];
      /** Commands for what was restored beside: to look at it, and to bring each table's rows into the live database. */
      commands: { look: string | null; copyBack: string[] };
      steps: StepTime[];
    });

/**
 * Restores a backup set, takes the last restore back, or lets go of what restores have kept. What is live is replaced only
 * when all that takes its place is there and was compared with the set.
 *
 * @throws UsageError (exit code 2) before anything is changed; LockedError or CronError (3) when another operation, or a
 * backup, runs; SlipwayError (1, or 4 when a person has to look)
 */
export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const wanted = withDump(parseRestore(options.flags));
  if (!options.dryRun && !options.confirm) {
    throw new UsageError('a restore asks before it changes anything, and nobody is here to answer', {
      hints: ['add --yes to mean it, or --dry-run to see what it would do'],
    });
  }
  const { config, docker } = await options.prepare();
  await assertEngine(docker);
  const unknown = await haveBase(config, docker, options);
  if (unknown) return { outcome: 'planned', ...unknown };

  const cron = await Cron.find(docker, config.names);
  const events = newEvents();
  const session: RestoreSession = cron.open(['restore'], events.onEvent);
  try {
    return await restoreWith({ config, docker, cron, session, events, onInterrupt: options.onInterrupt }, wanted, options);
  } finally {
    // How it ended was told by then.
    await session.end().catch(() => {});
  }
}

async function restoreWith(means: Omit<Means, 'reporter'>, wanted: Wanted, options: RestoreOptions): Promise<RestoreResult> {
  const { config, docker, session, events } = means;
  const { live } = await observe(docker, config.names);
  const known = { session, identity: config.secrets.BACKUP_AGE_IDENTITY.reveal(), isLive: live !== undefined };
  const prepared = await prepare(wanted, known).catch(async (error: unknown) => {
    throw await withDriftHint(error, config, docker);
  });
  const { plan, result } = prepared;
  plan.notes.push(...events.early);
  if (options.dryRun) return { outcome: 'planned', title: plan.title, steps: plan.steps, notes: plan.notes };
  // Without any step, what was cut off is still put in order.
  if (plan.steps.length === 0 && wanted.action === 'restore') return { outcome: 'nothing-to-do' };
  if (plan.steps.length > 0) await agree(options, plan);
  const { times, mended, safetySet = null, columns } = await operate({ ...means, reporter: await options.reporter() }, prepared);
  return { ...result, safetySet, mended, commands: await commandsFor(docker, config, result, columns), steps: times };
}

function withDump(wanted: Wanted): Wanted {
  if (wanted.action !== 'restore' || wanted.file === undefined) return wanted;
  return { ...wanted, request: { ...wanted.request, file: lookAtDump(wanted.file) } };
}

async function agree({ show, confirm }: RestoreOptions, plan: Plan): Promise<void> {
  show(plan);
  const { title, replaces } = plan;
  const what = replaces.length === 0 ? '' : ` What is live now in ${replaces.join(', ')} is replaced.`;
  if (!(await confirm?.(`${title}?${what}`))) throw new UsageError('nothing was changed', { hints: ['add --yes if you mean it'] });
}

async function commandsFor(
  docker: Docker,
  config: Config,
  { beside }: Outcome,
  columns: Readonly<Record<string, string[]>>,
): Promise<{ look: string | null; copyBack: string[] }> {
  const { base } = await containersOf(docker, config.names);
  const container = base.find(({ service }) => service === 'postgres')?.name;
  if (!beside || container === undefined) return { look: null, copyBack: [] };
  const copyBack = Object.entries(columns).map(([table, names]) =>
    copyBackCommand({ container, from: beside.database, to: beside.live, table, columns: names }),
  );
  return { look: lookCommand(container, beside.database), copyBack };
}
