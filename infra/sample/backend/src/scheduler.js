// A singleton that trusts whoever starts it: it has no lock of its own, on purpose.
// Its rows in scheduler_runs show afterwards whether two of them ever ran at the same time,
// all by the database's clock, the only one they share.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { touchBeatFile } from './beat.js';
import { database } from './database.js';
import { log, reason } from './log.js';
import { build } from './settings.js';
import { pause, stopping } from './stopping.js';

const TICK_MS = 1_000;
const STOP_LIMIT_MS = 8_000; // less than the 10 s a container engine waits by default

const instance = randomUUID();

async function register() {
  await database.query(
    `INSERT INTO scheduler_runs (instance, version, colour, started_at, last_beat_at)
     VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp())
     ON CONFLICT (instance) DO NOTHING`, // a first try may have arrived although its answer did not
    [instance, build.version, build.colour],
  );
  log.info('scheduler started', { instance });
}

async function tick() {
  await database.query('UPDATE scheduler_runs SET last_beat_at = clock_timestamp(), ticks = ticks + 1 WHERE instance = $1', [instance]);
  await touchBeatFile();
}

async function recordStop() {
  await database.query('UPDATE scheduler_runs SET stopped_at = clock_timestamp() WHERE instance = $1', [instance]);
}

async function attempt(task, what) {
  try {
    await task();
    return true;
  } catch (error) {
    log.warn(`${what} failed`, { instance, reason: reason(error) });
    return false;
  }
}

stopping.addEventListener('abort', () =>
  setTimeout(() => {
    log.error('scheduler stopped, but the database does not know it', { instance });
    process.exit(1);
  }, STOP_LIMIT_MS),
);

let registered = false;
while (!stopping.aborted) {
  // Database or table may not be there yet: the next second is another try.
  if (!registered) registered = await attempt(register, 'start');
  if (registered && !stopping.aborted) await attempt(tick, 'tick');
  await pause(TICK_MS);
}

while (registered && !(await attempt(recordStop, 'recording the stop'))) await sleep(TICK_MS);
log.info('scheduler stopped', { instance });
process.exit(0);
