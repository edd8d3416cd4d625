import { setTimeout as sleep } from 'node:timers/promises';
import { breakage } from './breakage.js';
import { database } from './database.js';
import { reason } from './log.js';
import { build, settings } from './settings.js';
import { stopping } from './stopping.js';

const LIMIT_MS = 2_000;

async function answers(check) {
  const late = new AbortController();
  try {
    await Promise.race([
      check(),
      sleep(LIMIT_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error(`no answer within ${LIMIT_MS} ms`);
      }),
    ]);
    return 'ok';
  } catch (error) {
    return reason(error);
  } finally {
    late.abort();
  }
}

/**
 * @param {import('redis').RedisClientType} redis
 * @returns {Promise<{status: string, checks: Record<string, string>}>} each check 'ok' or why not
 */
export async function health(redis) {
  const [postgres, cache] = await Promise.all([answers(() => database.query('SELECT 1')), answers(() => redis.ping())]);
  const checks = { postgres, redis: cache };
  if (breakage.neverHealthy) checks.build = 'broken on purpose: never healthy';
  const healthy = Object.values(checks).every((result) => result === 'ok');
  return {
    status: healthy ? 'healthy' : 'unhealthy',
    ...build,
    release: settings.release,
    draining: stopping.aborted,
    checks,
  };
}
