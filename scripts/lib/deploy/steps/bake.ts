import { setTimeout as delay } from 'node:timers/promises';
import type { Colour } from '../../config/names.js';
import { parseRequest } from '../../edge/log.js';
import { EngineError } from '../../engine/docker.js';
import { followLog, logLines } from '../../engine/log-lines.js';
import { SlipwayError } from '../../errors.js';
import { judge, sayTally } from '../bake/judge.js';
import { Tally } from '../bake/tally.js';
import { edgeIn } from '../maintenance/maintenance-status.js';
import type { Operation, StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { containersOf } from '../state.js';

/** The minutes before that the new release is compared with (milliseconds), and how many of their requests at most. */
const BEFORE_MS = 5 * 60_000;
const BEFORE_REQUESTS = 20_000;
const TICK_MS = 250;
const NOT_IMPLEMENTED = 501;

/**
 * Watches how the new colour answers its clients, by the edge's log, and compares it with the old one in the minutes before
 * (and beside it, while a canary is tried). Too many failed requests end the deploy at once, a slow release at the end of
 * the time: the executor then takes back what was done, traffic first.
 *
 * @throws SlipwayError with the figures, when the new colour does worse than it may
 */
export async function bake(operation: Operation, step: StepOf<'bake'>, { progress }: StepReport): Promise<string> {
  const { docker, config, signal } = operation;
  const edge = edgeIn(await containersOf(docker, config.names));
  if (!edge) throw new SlipwayError('the edge is not there');
  // The log has the times of the engine's machine, whose clock need not be that of this one.
  const began = await docker.time();
  const before = await minutesBefore(operation, edge.id, step.from, began);
  if (!before) return 'not watched: the logging driver of the edge lets nobody read what it has written';
  if (before.requests === 0 && !step.always) return 'nobody has used the old one in the minutes before: nothing to compare with';
  const now = new Tally();
  const count = (line: string) => {
    const request = parseRequest(line);
    if (!request || request.at < began) return;
    (request.colour === step.colour ? now : before).add(request);
  };
  await followed(operation, edge.id, began, count, async () => {
    const deadline = performance.now() + step.milliseconds;
    for (let left = step.milliseconds; left > 0; left = deadline - performance.now()) {
      await delay(Math.min(left, TICK_MS), undefined, { signal });
      progress(`${Math.ceil(Math.max(0, left) / 1_000)} s left; ${sayTally(now)}`);
      assertGood(operation, step, now, before, false);
    }
  });
  assertGood(operation, step, now, before, true);
  return `${sayTally(now)}; before: ${sayTally(before)}`;
}

/** @returns what a colour has answered; undefined when the engine cannot tell */
async function minutesBefore({ docker }: Operation, edge: string, colour: Colour, began: number): Promise<Tally | undefined> {
  const tally = new Tally();
  try {
    for (const line of await logLines(docker, edge, began - BEFORE_MS, BEFORE_REQUESTS)) {
      const request = parseRequest(line);
      if (request?.colour === colour && request.at < began) tally.add(request);
    }
  } catch (error) {
    if (error instanceof EngineError && error.status === NOT_IMPLEMENTED) return undefined;
    throw error;
  }
  return tally;
}

/** The edge may be started anew meanwhile, by its restart policy: its log is then taken up again. */
async function followed(
  { docker, signal }: Operation,
  edge: string,
  since: number,
  onLine: (line: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, signal]);
  const follow = async () => {
    const ahead = since - Date.now();
    for (let from = since; !stop.aborted; from = Date.now() + ahead) {
      await followLog(docker, edge, from, onLine, stop);
      if (!stop.aborted) await delay(TICK_MS);
    }
  };
  const following = follow();
  try {
    await Promise.race([work(), following]);
  } finally {
    over.abort();
    await following.catch(() => {});
  }
}

function assertGood({ config }: Operation, { from, colour }: StepOf<'bake'>, now: Tally, before: Tally, atEnd: boolean): void {
  const { BAKE_MAX_ERRORS: errors, BAKE_MAX_SLOWDOWN: slowdown } = config.settings;
  const worse = judge(now, before, { errors, slowdown: atEnd ? slowdown : undefined });
  if (worse.length > 0) throw new SlipwayError(`${colour} does worse than ${from} did`, { details: worse });
}
