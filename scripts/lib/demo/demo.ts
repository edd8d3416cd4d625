import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '../config/load.js';
import { projectRoot } from '../config/root.js';
import { removeStack } from '../deploy/power/remove-stack.js';
import type { Docker } from '../engine/docker.js';
import { SlipwayError } from '../errors.js';
import { type Sample, startLoad } from '../load/load.js';
import { between, type Summary, summarise } from '../load/summary.js';
import { type DeployRun, deployByHand } from './deploy-by-hand.js';
import { holdSocket, type SocketReport } from './hold-socket.js';
import { type SlowReport, slowRequests } from './slow-requests.js';

/** The demo's own settings, beside the person's .env. */
export const demoDotenv = resolve(projectRoot, '.env.demo');

/** Half of the window around a cut, in milliseconds. */
const AROUND_CUT_MS = 1_500;

export interface DemoReport {
  url: string;
  /** GETs and POSTs, by part of the demo. */
  parts: { title: string; summary: Summary }[];
  seconds: { 'v1.1': number; 'v1.2': number; 'v1.3 refused': number };
  slow: SlowReport;
  socket: SocketReport;
  refused: boolean;
  /** Nothing was lost, nothing was answered with an error, the broken release was refused. */
  ok: boolean;
}

/**
 * The whole story on a real engine: a first release, a second one under load, a broken third one that is refused.
 *
 * @param say a line for the person
 * @throws SlipwayError when a deploy that should succeed does not
 */
export async function demo(say: (line: string) => void): Promise<DemoReport> {
  const { settings } = await loadConfig(demoDotenv);
  const address = { host: '127.0.0.1', port: settings.HTTP_PORT };
  const first = await deployed('v1.1', say);

  say('');
  say('load: 20 keep-alive connections of GET and POST that are never retried, 5-second requests, a websocket');
  const load = startLoad({
    ...address,
    connections: 20,
    thinkTime: 60,
    get: '/api/notes',
    post: { path: '/api/counter', body: '{}' },
    limit: { requests: 500_000, milliseconds: 300_000 },
  });
  const slow = slowRequests(address, '/api/slow?seconds=5');
  const socket = holdSocket(address, '/api/ws');
  const clients = [load, slow, socket];
  try {
    const times = await upgradeAndRefuse(say);
    await load.stop();
    const [slowReport, socketReport] = await Promise.all([slow.stop(), socket.stop()]);
    return report(settings.HTTP_PORT, load.samples, first, times, slowReport, socketReport);
  } finally {
    await Promise.all(clients.map((client) => client.stop()));
  }
}

/** When the parts of the demo began and ended (performance.now(), milliseconds), and how the deploys went. */
interface Times {
  began: number;
  upgradeBegan: number;
  upgradeEnded: number;
  brokenBegan: number;
  brokenEnded: number;
  second: DeployRun;
  third: DeployRun;
}

async function upgradeAndRefuse(say: (line: string) => void): Promise<Times> {
  const began = performance.now();
  await delay(5_000);
  const upgradeBegan = performance.now();
  const second = await deployed('v1.2', say);
  const upgradeEnded = performance.now();
  await delay(3_000);
  say('');
  say('now a broken v1.3: its health check never passes');
  const brokenBegan = performance.now();
  const third = await deployByHand('v1.3', demoDotenv, { SAMPLE_BREAK: 'never-healthy', HEALTH_TIMEOUT: '10s' }, say);
  const brokenEnded = performance.now();
  await delay(2_000);
  return { began, upgradeBegan, upgradeEnded, brokenBegan, brokenEnded, second, third };
}

function report(
  port: number,
  samples: readonly Sample[],
  first: DeployRun,
  times: Times,
  slow: SlowReport,
  socket: SocketReport,
): DemoReport {
  const { began, upgradeBegan, upgradeEnded, brokenBegan, brokenEnded, second, third } = times;
  const cut = samples.find(({ release }) => release === 'v1.2')?.at ?? upgradeEnded;
  const part = (title: string, from: number, to: number) => ({ title, summary: summarise(between(samples, from, to)) });
  const all = summarise(samples);
  const stillSecond = samples.filter(({ at }) => at > upgradeEnded).every(({ release }) => release === 'v1.2');
  const refused = third.exitCode === 1 && stillSecond;
  return {
    url: `http://127.0.0.1:${port}/`,
    parts: [
      part('v1.1, nothing else going on', began, upgradeBegan),
      part('v1.2 starting beside it', upgradeBegan, cut - AROUND_CUT_MS),
      part('the cut, 1.5 s each way', cut - AROUND_CUT_MS, cut + AROUND_CUT_MS),
      part('v1.2 live, v1.1 draining', cut + AROUND_CUT_MS, upgradeEnded),
      part('v1.2, nothing else going on', upgradeEnded, brokenBegan),
      part('v1.3 tried and refused', brokenBegan, brokenEnded),
      { title: 'all', summary: all },
    ],
    seconds: { 'v1.1': first.seconds, 'v1.2': second.seconds, 'v1.3 refused': third.seconds },
    slow,
    socket,
    refused,
    ok: refused && all.lost === 0 && all.refused === 0 && slow.lost === 0,
  };
}

async function deployed(version: string, say: (line: string) => void): Promise<DeployRun> {
  const run = await deployByHand(version, demoDotenv, {}, say);
  if (run.exitCode !== 0)
    throw new SlipwayError(`the demo's deploy of ${version} failed`, { hints: ['npm run demo:down removes what there is'] });
  return run;
}

/** Removes the demo's stack, its data, its images and its settings. */
export async function demoDown(docker: Docker): Promise<Awaited<ReturnType<typeof removeStack>> | undefined> {
  if (!existsSync(demoDotenv)) return undefined;
  const removed = await removeStack(docker, (await loadConfig(demoDotenv)).names);
  await rm(demoDotenv);
  return removed;
}
