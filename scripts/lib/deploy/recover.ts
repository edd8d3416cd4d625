import { colours, otherColour } from '../config/names.js';
import { Edge } from '../edge/edge.js';
import type { Deck } from '../engine/deck/deck.js';
import { exitCodes, SlipwayError } from '../errors.js';
import { removeAbandonedRuns, removeContainer, startContainers, stopContainers } from './containers.js';
import { type CutOff, cutOffIn } from './cut-off.js';
import type { JournalRecord } from './journal.js';
import { fileOf, parseKept } from './kept-release.js';
import { ofKept } from './of-kept.js';
import { type OperateOptions, operate } from './operate.js';
import { planDeploy } from './plan.js';
import type { Context } from './release.js';
import type { Reporter } from './reporter.js';
import { containersOf, type State } from './state.js';

/** How a cut off operation was put in order. */
export interface Recovered {
  what: 'finished' | 'undone';
  version: string;
  command: string;
  /** The step that it was at. */
  step: string | undefined;
}

/**
 * Puts in order what a deploy or a rollback left behind whose deployer was killed. One that had moved the traffic is
 * finished: its release serves, and only its workers, the drain and the record are missing. Any other is undone: the
 * release that serves gets back what was taken from it, and what the other one had begun is removed.
 *
 * @returns undefined when nothing was cut off
 * @throws SlipwayError when the rest of it fails: then traffic is back on the older release (1), or a person has to look (4)
 */
export async function recover(
  context: Context,
  deck: Deck,
  options: Pick<OperateOptions, 'reporter' | 'onInterrupt'>,
): Promise<Recovered | undefined> {
  const cutOff = cutOffIn(deck.journal as JournalRecord[]);
  if (!cutOff) return undefined;
  const { command, version, step, token } = cutOff;
  const what = context.before.live?.token === token ? 'finished' : 'undone';
  options.reporter.note(`${command} ${version} was cut off at "${step ?? 'its beginning'}"; it is ${what} first`);
  await (what === 'finished' ? finish(context, deck, cutOff, options) : putBack(context, deck, cutOff));
  const reason = `cut off at "${step ?? 'its beginning'}", ${what} by the next command`;
  await deck.append({ at: new Date().toISOString(), kind: 'ended', token, outcome: what === 'finished' ? 'done' : 'failed', reason });
  return { what, version, command, step };
}

async function finish(
  context: Context,
  deck: Deck,
  cutOff: CutOff,
  options: Pick<OperateOptions, 'reporter' | 'onInterrupt'>,
): Promise<void> {
  const text = await deck.kept(fileOf(cutOff.release));
  if (text === undefined) {
    throw new SlipwayError(`what was kept of ${cutOff.version} is gone, so what was cut off cannot be finished`, {
      hints: ['npx zx scripts/deploy.mjs --abort goes back to the release before'],
      exitCode: exitCodes.attention,
    });
  }
  const found = await ofKept(context, parseKept(text), cutOff.colour);
  const before = asBefore(context.before, cutOff);
  const { settings } = context.config;
  const goal = { how: 'resume', version: cutOff.version, services: found.app.services, retire: settings.RETIRE, backup: false } as const;
  await deck.join(context.config.names.networks.app);
  await operate({ ...context, before: context.before }, { ...found, command: 'resume', steps: planDeploy(before, goal) }, deck, {
    ...options,
    reporter: quiet(options.reporter),
    takenUp: { token: cutOff.token, cutAt: cutOff.cutAt === undefined ? undefined : Date.parse(cutOff.cutAt) },
  });
}

/** @returns the state as it was just before the cut: the other colour serves, if there is anything in it */
function asBefore(state: State, { colour, version, token }: CutOff): State {
  const from = otherColour(colour);
  const live = state.colours[from].length === 0 ? undefined : { colour: from, version, token };
  return { ...state, live };
}

/** Singletons and workers first: for as long as they run beside those of the live release, a job may be done twice. */
async function putBack({ config, docker: plain, before }: Context, deck: Deck, cutOff: CutOff): Promise<void> {
  const docker = plain.guarded(() => deck.confirm());
  const edge = before.base.some(({ service, state }) => service === 'edge' && state === 'running')
    ? await Edge.find(docker, config.names)
    : undefined;
  await edge?.unstage(deck.token);
  await removeAbandonedRuns(docker, config.names);
  const now = await containersOf(docker, config.names);
  const { live } = before;
  const left = colours.filter((colour) => colour !== live?.colour).flatMap((colour) => now.colours[colour]);
  const begun = left.filter(({ release }) => release === cutOff.release);
  await stopContainers(
    docker,
    begun.filter(({ role }) => role !== 'web'),
  );
  if (live) {
    const missing = now.colours[live.colour].filter(({ state }) => state === 'created' || state === 'exited');
    await startContainers(docker, missing);
  }
  await stopContainers(docker, begun);
  for (const { name } of begun) await removeContainer(docker, name);
  await deck.forget(live ? [fileOf(cutOff.release)] : []);
}

/** The steps are told as notes: a list of steps is only begun once in a command. */
function quiet(reporter: Reporter): Reporter {
  const titles = new Map<string, string>();
  return {
    ...bound(reporter),
    begin: (steps) => {
      for (const { id, title } of steps) titles.set(id, title);
    },
    started: () => {},
    progress: () => {},
    done: (id, milliseconds) => reporter.note(`  ✓ ${titles.get(id)} (${Math.round(milliseconds)} ms)`),
    failed: (id, message) => reporter.note(`  ✗ ${titles.get(id)}: ${message}`),
    end: async () => {},
  };
}

function bound(reporter: Reporter): Pick<Reporter, 'note' | 'warn'> {
  return { note: (text) => reporter.note(text), warn: (text) => reporter.warn(text) };
}
