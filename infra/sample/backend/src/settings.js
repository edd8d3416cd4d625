// Everything the environment decides, read once.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

const env = process.env;

/**
 * A secret: NAME itself if set, else the file NAME_FILE (default /run/secrets/NAME).
 * Editors and `echo` leave one newline at a file's end, which is no part of the secret.
 * @param {string} name
 * @returns {string | undefined} undefined when there is neither variable nor file
 */
export function secret(name) {
  if (env[name]) return env[name];
  try {
    return readFileSync(env[`${name}_FILE`] || `/run/secrets/${name}`, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export const settings = {
  port: Number(env.PORT || 8000),
  version: env.VERSION || 'dev',
  colour: env.COLOUR || 'none',
  release: env.RELEASE || '',
  hostname: hostname(),
  uploadsDir: env.UPLOADS_DIR || '/data/uploads',
  drainSeconds: Number(env.DRAIN_SECONDS || 25),
  beatFile: env.BEAT_FILE || '/tmp/beat',
  db: {
    host: env.DB_HOST || 'postgres',
    port: Number(env.DB_PORT || 5432),
    database: env.DB_NAME || 'app',
    user: env.DB_USER || 'app',
    poolSize: Number(env.DB_POOL_SIZE || 20),
  },
  redis: {
    host: env.REDIS_HOST || 'redis',
    port: Number(env.REDIS_PORT || 6379),
  },
};

/** Which build answers: part of most responses, so that a deploy can be watched from outside. */
export const build = { version: settings.version, colour: settings.colour };
