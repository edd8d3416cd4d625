import type { Config } from '../../config/load.js';
import { otherColour } from '../../config/names.js';
import { Edge } from '../../edge/edge.js';
import type { Deck } from '../../engine/deck/deck.js';
import type { Docker } from '../../engine/docker.js';
import { exitCodes, messageOf, SlipwayError } from '../../errors.js';
import { bakeOf } from '../bake/bake-of.js';
import { removeAbandonedRuns, removeContainer, startContainers, stopContainers } from '../containers.js';
import type { JournalRecord } from '../journal.js';
import { type OperateOptions, operate } from '../operate.js';
import { type Goal, planDeploy } from '../plan.js';
import { quiet } from '../quiet-reporter.js';
import type { Context } from '../release.js';
import { fileOf } from '../releases/kept-release.js';
import { ofKept } from '../releases/of-kept.js';
import { containersOf, observe, type State } from '../state.js';
import { type CutOff, cutOffIn } from './cut-off.js';
import { keptOf } from './kept-of.js';
import { planPutBack } from './put-back-plan.js';

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
export async function recover(early: Context, deck: Deck, options: RecoverOptions): Promise<Recovered | undefined> {
  const cutOff = cutOffIn(deck.journal as JournalRecord[]);
  if (!cutOff) return undefined;
  const context = await fenced(early, deck);
  const what = context.before.live?.token === cutOff.token ? 'finished' : 'undone';
  options.reporter.note(`${cutOff.command} ${cutOff.version} was cut off at "${at(cutOff)}"; it is ${what} first`);
  if (what === 'undone') {
    await putBack(context, deck, cutOff);
    await end(deck, cutOff, 'failed', 'undone by the next command');
  } else if (!(await isFinished(context, deck, cutOff, options))) return { ...cutOff, what: 'undone' };
  return { ...cutOff, what };
}

export type RecoverOptions = Pick<OperateOptions, 'reporter' | 'onInterrupt'>;

function at({ step }: CutOff): string {
  return step ?? 'its beginning';
}

async function end(deck: Deck, cutOff: CutOff, outcome: 'done' | 'failed', what: string): Promise<void> {
  const reason = `cut off at "${at(cutOff)}", ${what}`;
  await deck.append({ at: new Date().toISOString(), kind: 'ended', token: cutOff.token, outcome, reason });
}

/**
 * The edge's own script outlives whoever called it: a cut that is under way is waited for, and one that comes later is
 * refused. Only then is it certain what is live.
 */
async function fenced(context: Context, deck: Deck): Promise<Context> {
  const { docker, config, before } = context;
  await (await runningEdge(docker, config, before))?.unstage(deck.token);
  return { ...context, before: await observe(docker, config.names) };
}

async function runningEdge(docker: Docker, config: Config, { base }: State): Promise<Edge | undefined> {
  const isUp = base.some(({ service, state }) => service === 'edge' && state === 'running');
  return isUp ? Edge.find(docker, config.names) : undefined;
}

/**
 * @returns false when it could not be finished, and what it had replaced is nothing: then there is nothing to go back to,
 * and the next release is the way out
 * @throws the failure; what it had replaced serves again, whole
 */
async function isFinished(context: Context, deck: Deck, cutOff: CutOff, options: RecoverOptions): Promise<boolean> {
  const first = context.before.colours[otherColour(cutOff.colour)].length === 0;
  try {
    await finish(context, deck, cutOff, options);
    await end(deck, cutOff, 'done', 'finished by the next command');
    return true;
  } catch (error) {
    const interrupted = error instanceof SlipwayError && error.exitCode === exitCodes.interrupted;
    const now = { ...context, before: await observe(context.docker, context.config.names) };
    if (now.before.live?.token !== cutOff.token) {
      await putBack(now, deck, cutOff);
      await end(deck, cutOff, 'failed', 'gone back from');
    } else if (first && !interrupted) {
      options.reporter.warn(`it cannot be finished: ${messageOf(error)}`);
      await end(deck, cutOff, 'failed', 'given up');
      return false;
    }
    if (!(error instanceof SlipwayError) || interrupted) throw error;
    const hints = [...error.hints, 'to go back from it: npx zx scripts/deploy.mjs --abort'];
    throw new SlipwayError(error.message, { details: error.details, hints, exitCode: error.exitCode, cause: error });
  }
}

async function finish(context: Context, deck: Deck, cutOff: CutOff, options: RecoverOptions): Promise<void> {
  const found = await ofKept(context, await keptOf(deck, cutOff), cutOff.colour);
  const before = asBefore(context.before, cutOff);
  const { settings } = context.config;
  const goal: Goal = {
    how: 'resume',
    version: cutOff.version,
    services: found.app.services,
    retire: settings.RETIRE,
    backup: false,
    // One who goes back wants to be there, whatever it is like.
    bake: cutOff.command === 'deploy' ? bakeOf(settings) : undefined,
  };
  await operate(context, { ...found, command: 'resume', steps: planDeploy(before, goal) }, deck, {
    ...options,
    reporter: quiet(options.reporter),
    takenUp: { before, token: cutOff.token },
  });
}

/** @returns the state as it was just before the cut: the other colour serves, if there is anything in it */
function asBefore(state: State, { colour, token }: CutOff): State {
  const from = otherColour(colour);
  const [one] = state.colours[from];
  return { ...state, live: one && { colour: from, version: one.version ?? 'the release before', token } };
}

/** Does what {@link planPutBack} says. */
async function putBack({ config, docker: plain, before }: Context, deck: Deck, cutOff: CutOff): Promise<void> {
  const docker = plain.guarded(() => deck.confirm());
  const edge = await runningEdge(docker, config, before);
  await removeAbandonedRuns(docker, config.names);
  const state = { ...before, ...(await containersOf(docker, config.names)) };
  for (const step of planPutBack(state, cutOff, config.settings.RETIRE)) {
    switch (step.kind) {
      case 'revert':
        if (!edge) throw new SlipwayError('the edge does not run, and a canary is to be taken off it', { hints: [HAVE_EDGE] });
        await edge.revert(deck.token);
        break;
      case 'start':
        await startContainers(docker, step.containers);
        break;
      case 'drained':
        await edge?.drained(config.settings.DRAIN_TIMEOUT);
        break;
      case 'stop':
        await stopContainers(docker, step.containers);
        break;
      case 'remove':
        for (const { name } of step.containers) await removeContainer(docker, name);
        await deck.forget([fileOf(cutOff.release)]);
    }
  }
}

const HAVE_EDGE = 'start it with: npx zx scripts/base.mjs up';
