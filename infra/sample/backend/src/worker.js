// Does jobs one at a time: takes one, works, writes it down, takes the next.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { touchBeatFile } from './beat.js';
import { database } from './database.js';
import { log, reason } from './log.js';
import * as queue from './queue.js';
import { connectRedis } from './redis.js';
import { build, settings } from './settings.js';
import { pause, stopping } from './stopping.js';

const BEAT_MS = 3_000;
const RECOVER_MS = 10_000;
const MAX_JOB_MS = 120_000;
const STOP_WAIT_MS = 3_000;

const me = `${settings.hostname}-${randomUUID().slice(0, 8)}`;
const redis = connectRedis({ failFast: false });
const blocking = connectRedis({ failFast: false }); // a waiting BLMOVE holds up everything else on its connection

async function beat() {
  await Promise.all([queue.beat(redis, me), database.query('SELECT 1')]);
  await touchBeatFile();
}

async function recover() {
  for (const worker of await queue.deadWorkers(redis)) {
    const jobs = await queue.release(redis, worker);
    log.warn('put back the jobs of a dead worker', { worker, jobs });
  }
}

async function work(job) {
  const mine = { version: build.version, worker: me };
  await queue.mark(redis, job.id, { status: 'processing', ...mine });
  await sleep(Math.min(Math.max(Number(job.payload?.ms ?? 50) || 0, 0), MAX_JOB_MS));
  await database.query('INSERT INTO jobs_done (job_id, worker, version, colour) VALUES ($1, $2, $3, $4)', [
    job.id,
    me,
    build.version,
    build.colour,
  ]);
  await queue.done(redis, me, job);
  await queue.mark(redis, job.id, { status: 'done', ...mine });
  log.info('job done', { job: job.id });
}

/** Runs a task every now and then, beside the jobs: a long job must not look like a dead worker. */
function every(ms, task, name) {
  let running = false;
  return setInterval(async () => {
    if (running) return;
    running = true;
    await task().catch((error) => log.warn(`${name} failed`, { reason: reason(error) }));
    running = false;
  }, ms);
}

/** Before the first job, both must have worked once. */
async function start() {
  while (!stopping.aborted) {
    try {
      await beat();
      await recover();
      return log.info('working', { worker: me });
    } catch (error) {
      log.warn('not ready yet', { reason: reason(error) });
      await pause(1_000);
    }
  }
}

function leave(putBack) {
  log.info('stopped', { worker: me, put_back: putBack });
  process.exit(0);
}

// Between jobs there is nothing to finish: a Redis that does not answer must not hold up the stop.
let busy = false;
stopping.addEventListener('abort', () => setTimeout(() => busy || leave('unknown'), STOP_WAIT_MS));

// A worker that waits for a job is woken on a stop; without this it would leave when its wait is over.
let waitsAs;
blocking.on('ready', () =>
  blocking.clientId().then(
    (id) => {
      waitsAs = id;
    },
    () => {},
  ),
);
stopping.addEventListener('abort', () => {
  if (!busy && waitsAs) redis.sendCommand(['CLIENT', 'UNBLOCK', String(waitsAs)]).catch(() => {});
});

await start();
const timers = [every(BEAT_MS, beat, 'heartbeat'), every(RECOVER_MS, recover, 'recovery')];

while (!stopping.aborted) {
  try {
    const job = await queue.take(redis, blocking, me, 1);
    busy = job !== null;
    if (busy) await work(job);
    busy = false;
  } catch (error) {
    busy = false;
    log.error('job failed, it will be tried again', { reason: reason(error) });
    await pause(1_000);
  }
}

timers.forEach(clearInterval);
// Only after an error there is anything to put back. If Redis is away, the others find it later.
const left = await Promise.race([queue.release(redis, me), sleep(STOP_WAIT_MS)]).catch(() => undefined);
leave(left ?? 'unknown');
