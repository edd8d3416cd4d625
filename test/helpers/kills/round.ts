import { expect } from 'vitest';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import { lostIn, type Mark } from '../mixed-load.js';
import { type CutShort, type FollowUp, follow } from './follow.js';
import { deployNext, type Ground, lockIsFree, type Operation } from './ground.js';
import { disorder } from './order.js';
import { orphansGone } from './orphans.js';
import { type Point, sayPoint, stageOf } from './points.js';
import { strike } from './strike.js';
import { jobsAmiss } from './work-done.js';

/** What a round came to. */
export interface Row {
  operation: string;
  point: string;
  followUp: string;
  requests: number;
  lost: number;
  /** From the blow until all was in order (milliseconds). */
  converged: number;
  problems: string[];
}

export interface RoundOptions {
  operation: Operation;
  point: Point;
  followUp: FollowUp;
  /** The step of the plan that moves all traffic. */
  cut: string;
  /** The old colour's web services may go on: RETIRE=warm. */
  warm?: boolean;
  env?: NodeJS.ProcessEnv;
  /** Told each record before it is written. */
  heard?: (record: JournalRecord) => Promise<void>;
}

/** Kills a deployer at a point, types the next command, and looks whether everything is in order. */
export async function round(ground: Ground, options: RoundOptions): Promise<Row> {
  const { operation, point, followUp, cut, warm = false, env = {}, heard } = options;
  const mark = ground.load.mark();
  const aim = { point, fraction: ground.random(), signal: 'SIGKILL', ...(heard ? { heard } : {}) } as const;
  const struck = await strike(ground.gate, operation.running, aim);
  if (!struck.hit)
    throw new Error(`${operation.name} ended before it came to "${sayPoint(point)}": ${(await operation.running.ended).stderr}`);
  await Promise.all([operation.running.ended, lockIsFree(ground.stack)]);
  const stage = stageOf(struck.trace, struck.lost, cut);
  const cutShort: CutShort = { command: operation.name, version: operation.version, stage };
  // What had ended by itself needs nothing; the journal lacks no more than the words.
  if (stage === 'nothing' && struck.trace.some(({ kind }) => kind === 'ended')) ground.releases.goesLive(operation.version);
  const { problems, tidy } = await follow(ground, cutShort, followUp, env);
  const converged = performance.now() - struck.at;
  await orphansGone(ground.gate.host);
  problems.push(...(await disorder(ground.stack, ground.usual, { version: ground.releases.live, warm, tidy })));
  return { operation: operation.name, point: sayPoint(point), followUp, converged, ...(await accounts(ground, mark, problems)) };
}

/** What clients, jobs and singletons met since the mark. */
export async function accounts(
  ground: Ground,
  mark: Mark,
  before: readonly string[],
): Promise<Pick<Row, 'requests' | 'lost' | 'problems'>> {
  const { load, witness, sample, stack } = ground;
  const jobs = sample ? await jobsAmiss(stack, load.jobs().slice(mark.jobs), '10 minutes') : [];
  const met = load.since(mark);
  const lost = lostIn(met);
  const { sent } = met.requests;
  const long = [met.slow, met.uploads, met.sockets, met.jobs];
  return {
    requests: sent + long.reduce((sum, { ended }) => sum + ended, 0),
    lost: met.requests.lost + met.requests.refused + long.reduce((sum, { errors }) => sum + errors.length, 0),
    problems: [...before, ...lost, ...jobs, ...witness.seconds.splice(0)],
  };
}

/** After something went wrong: two plain deploys, so that the next round stands on firm ground. */
export async function mend(ground: Ground): Promise<void> {
  await deployNext(ground);
  await deployNext(ground);
}

/** Ends the load, and counts: every client of it, every job, every note, every scheduler, every worker. */
export async function expectAccounted({ load, stack, witness, sample }: Ground): Promise<void> {
  await load.stop();
  expect(lostIn(load.since())).toEqual([]);
  // A release that no client ever met has had no worker. The first one had them before there were clients.
  expect([...witness.worked].filter((version) => version !== 't1' && !load.releases().has(version))).toEqual([]);
  if (!sample) return;
  expect(await jobsAmiss(stack, load.jobs())).toEqual([]);
  expect(await stack.sql('SELECT count(*) FROM jobs_done')).toEqual([String(load.jobs().length)]);
  expect(await stack.sql('SELECT count(*) FROM notes')).toEqual([String(load.posted())]);
  expect(await stack.schedulersAtOnce()).toEqual([]);
}

export function sayRow({ operation, point, followUp, requests, lost, converged, problems }: Row): string {
  const line = `| ${operation} | ${point} | ${followUp} | ${requests} | ${lost} | ${Math.round(converged)} | ${problems.length === 0 ? 'ok' : 'NOT OK'} |`;
  return [line, ...problems.map((problem) => `      ! ${problem}`)].join('\n');
}

export const HEAD = '| what | killed | then | requests | lost | ms until in order | |\n| --- | --- | --- | --- | --- | --- | --- |';
