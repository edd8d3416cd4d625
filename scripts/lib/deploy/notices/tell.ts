import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../config/load.js';
import { secretsOf } from '../../config/masked-model.js';
import { masker } from '../../config/masker.js';
import { Secret } from '../../config/secret.js';
import type { Docker } from '../../engine/docker.js';
import { exitCodes, messageOf, SlipwayError } from '../../errors.js';
import { post } from '../../webhook/post.js';
import type { Reporter } from '../reporter.js';
import { observe } from '../state.js';
import { documentOf, type Ending, type Notice, type Subject } from './notice.js';

/** How long telling may take in all (milliseconds); an operation waits no longer for it. */
const LIMIT_MS = 5_000;
/** How much of that the engine has to say what serves. */
const LOOK_MS = 2_000;

export interface Means {
  config: Config;
  docker: Docker;
  reporter: Reporter;
}

/**
 * Does the work of an operation, and tells DEPLOY_WEBHOOK_URL, if there is one, how it ended: once, when that is known. That
 * it could not be told is a warning, and changes nothing about the operation.
 *
 * @param endingOf what to tell of a result; a failure tells of itself
 */
export async function told<T>(subject: Subject, means: Means, work: () => Promise<T>, endingOf: (result: T) => Ending): Promise<T> {
  const began = performance.now();
  const result = await work().catch(async (error: unknown) => {
    await tell(subject, failureOf(error, means.config), performance.now() - began, means);
    throw error;
  });
  await tell(subject, endingOf(result), performance.now() - began, means);
  return result;
}

async function tell(subject: Subject, ending: Ending, milliseconds: number, { config, docker, reporter }: Means): Promise<void> {
  const url = config.secrets.DEPLOY_WEBHOOK_URL.reveal();
  if (url === '') return;
  const signal = AbortSignal.timeout(LIMIT_MS);
  const live = await whatServes(subject, ending, docker, config);
  const document = documentOf({ subject, ending, live, milliseconds, at: new Date().toISOString() });
  const problem = await post(url, document, { signal, timeout: LIMIT_MS, waits: [] });
  if (problem !== undefined) reporter.warn(`DEPLOY_WEBHOOK_URL could not be told how it ended: ${problem}`);
}

/** What went live has just been verified; otherwise the engine is asked, and no reason is good enough to wait for it. */
async function whatServes({ version, colour }: Subject, { event }: Ending, docker: Docker, { names }: Config): Promise<Notice['live']> {
  if (event === 'deployed' || event === 'rolled-back') return { version, colour };
  const unknown = () => 'unknown' as const;
  const asked = observe(docker, names).then(({ live }) => live && { version: live.version, colour: live.colour }, unknown);
  return Promise.race([asked, delay(LOOK_MS, undefined, { ref: false }).then(unknown)]);
}

/** The notice leaves the machine: whatever the configuration, or a name, calls secret is taken out of the reason. */
function failureOf(error: unknown, { secrets, appEnv, environment }: Config): Ending {
  const others = Object.entries(secretsOf({ ...environment, ...appEnv })).map(([key, value]) => [key, new Secret(value)] as const);
  const mask = masker({ ...Object.fromEntries(others), ...secrets });
  const exitCode = error instanceof SlipwayError ? error.exitCode : exitCodes.failed;
  const reason = mask(messageOf(error)).replace(/\s+/g, ' ');
  return { event: exitCode === exitCodes.interrupted ? 'interrupted' : 'failed', reason, exitCode };
}
