// Removes uploads that are older than UPLOADS_KEEP_DAYS (30): a declared job, see x-slipway in compose/blue-green.yml.
// What an upload that broke off left behind goes after a day. Interrupted, it has removed some files, and none by half.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { log, reason } from './src/log.js';
import { settings } from './src/settings.js';

const DAY_MS = 86_400_000;
const job = process.env.SLIPWAY_JOB; // set by the runner
const keepDays = Number(process.env.UPLOADS_KEEP_DAYS || 30);

/** An upload that ends just now gets another name: it is young, whatever it is called. */
async function statIfThere(path) {
  try {
    return await stat(path);
  } catch (error) {
    if (error.code === 'ENOENT') return { mtimeMs: Date.now(), size: 0 };
    throw error;
  }
}

async function expire() {
  const now = Date.now();
  const entries = await readdir(settings.uploadsDir, { withFileTypes: true });
  let removed = 0;
  let bytes = 0;
  for (const { name } of entries.filter((entry) => entry.isFile())) {
    const path = join(settings.uploadsDir, name);
    const { mtimeMs, size } = await statIfThere(path);
    if (now - mtimeMs < (name.endsWith('.partial') ? 1 : keepDays) * DAY_MS) continue;
    await rm(path, { force: true });
    removed++;
    bytes += size;
  }
  log.info('uploads expired', { job, keepDays, removed, bytes });
}

try {
  if (!(keepDays > 0)) throw new Error(`UPLOADS_KEEP_DAYS should be a number of days, got ${process.env.UPLOADS_KEEP_DAYS}`);
  await expire();
} catch (error) {
  log.error('uploads were not expired', { job, reason: reason(error) });
  process.exitCode = 1;
}
