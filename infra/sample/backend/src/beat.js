// Sign of life of a process without a port: a file whose age healthcheck-worker.js looks at.
import { writeFile } from 'node:fs/promises';
import { settings } from './settings.js';

/** Called after a successful round trip to the services, so that a fresh file means more than "running". */
export async function touchBeatFile() {
  await writeFile(settings.beatFile, new Date().toISOString());
}
