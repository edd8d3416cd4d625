import { get } from 'node:http';
import { messageOf, SlipwayError } from '../../errors.js';
import type { Report } from './report.js';
import { PORT } from './server.js';

const PATIENCE_MS = 5_000;

/**
 * `healthy`: whether the daemon lives. Whether backups succeed is not its business: a store that is away must not keep a
 * deploy from starting the base.
 *
 * @throws SlipwayError when it does not answer
 */
export async function healthy(signal: AbortSignal): Promise<{ alive: true }> {
  await askDaemon('/live', signal);
  return { alive: true };
}

/**
 * `summary`: how the backups are doing, as the daemon knows it; no store is asked.
 *
 * @throws SlipwayError when it does not answer
 */
export async function summary(signal: AbortSignal): Promise<Report> {
  return JSON.parse(await askDaemon('/summary', signal)) as Report;
}

async function askDaemon(path: string, signal: AbortSignal): Promise<string> {
  try {
    return await textOf(path, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
  } catch (error) {
    signal.throwIfAborted();
    throw new SlipwayError(`the daemon of the cron container does not answer: ${messageOf(error)}`, { cause: error });
  }
}

/** Not with fetch, which takes longer to load than all the rest. */
function textOf(path: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port: PORT, path, signal }, async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`it answered ${response.statusCode}`));
      } catch (error) {
        reject(error);
      }
    });
    asked.once('error', reject);
  });
}
