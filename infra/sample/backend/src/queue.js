// A reliable queue of Redis lists. A job is always in exactly one list until it is done:
//   jobs:queue            waiting, oldest at the right
//   jobs:taken:<worker>   being worked on, one list a worker
// A worker is alive while jobs:beat:<worker> exists; a dead one's jobs go back to the queue.
import { randomUUID } from 'node:crypto';

const QUEUE = 'jobs:queue';
const WORKERS = 'jobs:workers';
const taken = (worker) => `jobs:taken:${worker}`;
const beatKey = (worker) => `jobs:beat:${worker}`;
const statusKey = (id) => `job:${id}`;

const KEEP_STATUS_SECONDS = 24 * 60 * 60;
const BEAT_SECONDS = 15;

/** @returns {Promise<string>} the new job's id */
export async function push(redis, payload = {}) {
  const id = randomUUID();
  await redis
    .multi()
    .hSet(statusKey(id), { status: 'queued' })
    .expire(statusKey(id), KEEP_STATUS_SECONDS)
    .lPush(QUEUE, JSON.stringify({ id, payload }))
    .exec();
  return id;
}

export async function find(redis, id) {
  const { status, version = null, worker = null } = await redis.hGetAll(statusKey(id));
  return status ? { id, status, version, worker } : undefined;
}

export async function lengths(redis) {
  const workers = await redis.sMembers(WORKERS);
  const [queued, ...processing] = await Promise.all([QUEUE, ...workers.map(taken)].map((list) => redis.lLen(list)));
  return { queued, processing: processing.reduce((sum, length) => sum + length, 0) };
}

/** Known before the first job is taken, so that no job can be in a list nobody looks into. */
export async function beat(redis, worker) {
  await redis.multi().set(beatKey(worker), '1', { EX: BEAT_SECONDS }).sAdd(WORKERS, worker).exec();
}

/** The next job, or null after `seconds`. One whose taking was interrupted comes again first. */
export async function take(redis, blocking, worker, seconds) {
  const raw = (await redis.lIndex(taken(worker), -1)) ?? (await blocking.blMove(QUEUE, taken(worker), 'RIGHT', 'LEFT', seconds));
  return raw === null ? null : { ...JSON.parse(raw), raw };
}

export async function mark(redis, id, fields) {
  await redis.multi().hSet(statusKey(id), fields).expire(statusKey(id), KEEP_STATUS_SECONDS).exec();
}

export async function done(redis, worker, job) {
  await redis.lRem(taken(worker), 1, job.raw);
}

/** Puts a worker's jobs back, next in line, and forgets the worker. @returns {Promise<number>} how many */
export async function release(redis, worker) {
  let moved = 0;
  while ((await redis.lMove(taken(worker), QUEUE, 'LEFT', 'RIGHT')) !== null) moved += 1;
  await redis.multi().sRem(WORKERS, worker).del(beatKey(worker)).exec();
  return moved;
}

/** @returns {Promise<string[]>} workers that have stopped beating */
export async function deadWorkers(redis) {
  const workers = await redis.sMembers(WORKERS);
  const alive = await Promise.all(workers.map((worker) => redis.exists(beatKey(worker))));
  return workers.filter((_, index) => !alive[index]);
}
