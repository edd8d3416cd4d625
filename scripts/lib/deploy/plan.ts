import type { AppService } from '../config/app-model.js';
import { formatDuration } from '../config/durations.js';
import { type Colour, otherColour } from '../config/names.js';
import { isAlive } from './containers.js';
import type { State } from './state.js';

/** What a deploy or a rollback is to reach. */
export interface Goal {
  /**
   * `deploy`: a new release. `rollback`: one that was live before, from what was kept of it. `warm-rollback`: the same, and
   * its web services still run. `resume`: the cut has happened, and the rest was cut off.
   */
  how: 'deploy' | 'rollback' | 'warm-rollback' | 'resume';
  version: string;
  services: readonly AppService[];
  /** What happens to the colour that is replaced. */
  retire: 'stop' | 'warm';
  /** Back up before pending migrations. */
  backup: boolean;
  /** Migrations that are to be taken back first, by service; of a rollback alone. */
  takeBack?: readonly TakingBack[];
  /** The shares of the clients (percent, rising) that the release is tried on before all come to it. */
  canary?: readonly number[];
  /** Undefined: the release is not watched once clients come to it. */
  bake?: Bake | undefined;
}

/** How a release is watched once clients come to it. */
export interface Bake {
  /** For how long, each time that more of them come. */
  milliseconds: number;
  /** Even when nobody has used the release before it of late. */
  always: boolean;
}

/** How a service migrates. */
export interface Migration {
  service: string;
  /** Prints what is pending; undefined when there is no way to ask. */
  pending: readonly string[] | undefined;
}

/** Migrations of a service that are taken back, the newest first. */
export interface TakingBack {
  service: string;
  names: readonly string[];
}

/** A command to run once in a container of the new image. */
export interface Task {
  service: string;
  command: readonly string[];
  /** `once`: once in the stack's life; `release`: in each release. */
  when: 'once' | 'release';
}

/**
 * One step of a deploy, as data: what `--dry-run` prints and the executor does. A step that is `beside` runs at the same
 * time as the one before it.
 */
export type Step = { id: string; title: string; beside?: true } & (
  | { kind: 'images'; images: readonly string[] }
  | { kind: 'base' }
  | { kind: 'backup'; migrations: readonly Migration[] }
  | ({ kind: 'migrate'; colour: Colour; run: readonly string[] } & Migration)
  | ({ kind: 'migrate-down' } & TakingBack)
  | { kind: 'tasks'; colour: Colour; tasks: readonly Task[] }
  | { kind: 'start-web'; colour: Colour; services: readonly string[] }
  | { kind: 'healthy'; colour: Colour; services: readonly string[] }
  | { kind: 'stage'; colour: Colour }
  | { kind: 'check'; colour: Colour }
  | { kind: 'keep-assets'; colour: Colour; services: readonly string[] }
  | { kind: 'create-workers'; colour: Colour; services: readonly string[] }
  | { kind: 'canary'; from: Colour; to: Colour; share: number }
  | ({ kind: 'bake'; from: Colour; colour: Colour } & Bake)
  | { kind: 'take-up'; from: Colour | undefined; to: Colour }
  | { kind: 'cut'; from: Colour | undefined; to: Colour }
  | { kind: 'verify'; colour: Colour }
  | { kind: 'start-workers'; colour: Colour; services: readonly string[] }
  | { kind: 'hand-over'; from: Colour; to: Colour; services: readonly string[]; old: readonly string[] }
  | { kind: 'drain'; colour: Colour }
  | { kind: 'retire'; colour: Colour; mode: Goal['retire'] }
  | { kind: 'record' }
);

export type StepKind = Step['kind'];
export type StepOf<Kind extends StepKind> = Extract<Step, { kind: Kind }>;

/**
 * @param state what is true now
 * @returns the colour that the next release goes to
 */
export function idleColour(state: Pick<State, 'live'>): Colour {
  return state.live ? otherColour(state.live.colour) : 'blue';
}

/**
 * Plans a deploy or a rollback; pure. The order is what keeps it safe: nothing of the old colour is touched before the new
 * one answers, and no worker of a release runs before that release is live, so a refused release has eaten no job.
 *
 * @param state what is true now
 * @param goal what is to be reached
 * @returns the steps, in order
 */
export function planDeploy(state: State, goal: Goal): Step[] {
  const from = state.live?.colour;
  const to = idleColour(state);
  const named = (role: AppService['role']) => goal.services.filter((service) => service.role === role).map(({ name }) => name);
  const [web, workers, singletons] = [named('web'), named('worker'), named('singleton')];
  const other = otherColour(to);
  const oldSingletons = state.colours[other].filter(({ role }) => role === 'singleton').map(({ service }) => service);
  // An edge that has lost its volume serves nothing, while what it served may still run.
  const replaced = from ?? (state.colours[other].some(isAlive) ? other : undefined);
  const handedOver = [...new Set([...oldSingletons, ...singletons])];
  const behind = [...workers, ...singletons];

  const groups: Group[] = [
    ...(goal.how === 'deploy' ? preparation(state, goal, to) : []),
    ...(goal.how === 'rollback' ? [[HAVE_BASE], ...(goal.takeBack ?? []).map((one) => [migrationDown(one)])] : []),
    ...(goal.how === 'resume' ? [[HAVE_BASE]] : []),
    ...(goal.how === 'deploy' || goal.how === 'rollback' ? start(web, behind, to, keepAssets(goal, to)) : [[keepAssets(goal, to)]]),
    ...(from ? canaries(goal, from, to) : []),
    [
      goal.how === 'resume'
        ? { id: 'take-up', title: `take up what was cut off in ${to}`, kind: 'take-up', from, to }
        : { id: 'cut', title: from ? `cut from ${from} to ${to}` : `cut to ${to}`, kind: 'cut', from, to },
    ],
    [{ id: 'verify', title: `verify that ${to} answers`, kind: 'verify', colour: to }],
    [from ? bake(goal, from, to) : undefined],
    [
      workers.length > 0
        ? { id: 'start-workers', title: `start ${list(workers)} in ${to}`, kind: 'start-workers', colour: to, services: workers }
        : undefined,
      handedOver.length > 0
        ? {
            id: 'hand-over',
            title: `hand over ${list(handedOver)}`,
            kind: 'hand-over',
            from: other,
            to,
            services: singletons,
            old: oldSingletons,
          }
        : undefined,
      from ? { id: 'drain', title: `drain ${from}`, kind: 'drain', colour: from } : undefined,
    ],
    [
      replaced
        ? { id: 'retire', title: retireTitle(replaced, goal.retire), kind: 'retire', colour: replaced, mode: goal.retire }
        : undefined,
    ],
    [{ id: 'record', title: `record ${goal.version}`, kind: 'record' }],
  ];
  return groups.flatMap((group) =>
    group.filter((step) => step !== undefined).map((step, index): Step => (index === 0 ? step : { ...step, beside: true })),
  );
}

/** Steps that run at the same time. */
type Group = (Step | undefined)[];

const HAVE_BASE: Step = { id: 'base', title: 'have the base up', kind: 'base' };

/** What comes before anything of a new release is started. */
function preparation({ live }: State, goal: Goal, to: Colour): Group[] {
  const images = [...new Set(goal.services.map(({ image }) => image))];
  return [
    [{ id: 'images', title: `get the images of ${goal.version}`, kind: 'images', images }, HAVE_BASE],
    [live && goal.backup ? backup(goal.services) : undefined],
    ...goal.services.map((service) => [migration(service, to)]),
    [tasks(goal.services, to)],
  ];
}

/** Starting the idle colour and having it checked, before any client meets it. */
function start(web: readonly string[], behind: readonly string[], to: Colour, assets: Step | undefined): Group[] {
  return [
    [{ id: 'start-web', title: `start ${list(web)} in ${to}`, kind: 'start-web', colour: to, services: web }],
    [
      {
        id: 'healthy',
        title: `wait until ${list(web)} ${web.length === 1 ? 'is' : 'are'} healthy`,
        kind: 'healthy',
        colour: to,
        services: web,
      },
      { id: 'stage', title: `put ${to} on the staging port`, kind: 'stage', colour: to },
      behind.length > 0
        ? {
            id: 'create-workers',
            title: `create ${list(behind)}, to be started later`,
            kind: 'create-workers',
            colour: to,
            services: behind,
          }
        : undefined,
    ],
    [{ id: 'check', title: `check ${to} through the edge`, kind: 'check', colour: to }, assets],
  ];
}

/** The release is tried on a share of the clients, then on a larger one, and watched each time. */
function canaries(goal: Goal, from: Colour, to: Colour): Group[] {
  return (goal.canary ?? []).flatMap((share): Group[] => [
    [{ id: `canary-${share}`, title: `send ${share} % of the clients to ${to}`, kind: 'canary', from, to, share }],
    [bake(goal, from, to, share)],
  ]);
}

function bake(goal: Goal, from: Colour, colour: Colour, share?: number): Step | undefined {
  if (!goal.bake) return undefined;
  const id = share === undefined ? 'bake' : `bake-${share}`;
  return { id, title: `watch ${colour} for ${formatDuration(goal.bake.milliseconds)}`, kind: 'bake', from, colour, ...goal.bake };
}

/** @returns the steps in groups that run at the same time, in order */
export function grouped<S extends Pick<Step, 'beside'>>(steps: readonly S[]): S[][] {
  const groups: S[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (step.beside && last) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

/** Before the first release there is nothing to lose. */
function backup(services: readonly AppService[]): Step | undefined {
  const migrations = services.flatMap(({ name, migrate }) => (migrate ? [{ service: name, pending: migrate.pending }] : []));
  return migrations.length === 0 ? undefined : { id: 'backup', title: 'back up when migrations are pending', kind: 'backup', migrations };
}

/** @returns how a service migrates; undefined when it does not */
export function migration({ name, migrate }: AppService, colour: Colour): Step | undefined {
  if (!migrate) return undefined;
  return {
    id: `migrate-${name}`,
    title: `migrate (${name})`,
    kind: 'migrate',
    colour,
    service: name,
    run: migrate.run,
    pending: migrate.pending,
  };
}

function migrationDown({ service, names }: TakingBack): Step {
  return { id: `migrate-down-${service}`, title: `take back ${list(names)} (${service})`, kind: 'migrate-down', service, names };
}

function tasks(services: readonly AppService[], colour: Colour): Step | undefined {
  const all = services.flatMap(({ name, once, release }) => [
    ...once.map((command): Task => ({ service: name, command, when: 'once' })),
    ...release.map((command): Task => ({ service: name, command, when: 'release' })),
  ]);
  return all.length === 0 ? undefined : { id: 'tasks', title: 'run the tasks of the release', kind: 'tasks', colour, tasks: all };
}

/** Every way to go live has it: what is kept already is not copied again. */
function keepAssets({ services, version }: Goal, colour: Colour): Step | undefined {
  const names = services.filter(({ assets }) => assets.length > 0).map(({ name }) => name);
  return names.length === 0
    ? undefined
    : { id: 'keep-assets', title: `keep the assets of ${version}`, kind: 'keep-assets', colour, services: names };
}

function retireTitle(colour: Colour, mode: Goal['retire']): string {
  return mode === 'warm' ? `keep ${colour} warm, stop its workers` : `stop ${colour}`;
}

function list(names: readonly string[]): string {
  return names.join(', ');
}
