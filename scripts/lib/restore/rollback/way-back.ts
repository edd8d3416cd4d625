import type { KeptRestore, KeptRestores, StepDone } from '../../backup/sidecar/restore-results.js';
import type { AppService } from '../../config/app-model.js';
import type { Config } from '../../config/load.js';
import type { Check } from '../../config/x-slipway.js';
import type { Cron } from '../../cron/cron.js';
import { checksOf } from '../../deploy/checks.js';
import { isAlive, startContainers } from '../../deploy/containers.js';
import { type ContainerState, containersOf } from '../../deploy/state.js';
import { passAll } from '../../deploy/steps/check.js';
import { startWebOf } from '../../deploy/steps/cut.js';
import type { LiveSet } from '../../edge/live.js';
import type { Deck } from '../../engine/deck/deck.js';
import type { Docker } from '../../engine/docker.js';
import { messageOf, SlipwayError } from '../../errors.js';
import type { RestoreSession } from '../operation.js';
import { inSession } from './sessions.js';

/** What going back from going back needs, whether its deployer lives or was killed. */
export interface Way {
  config: Config;
  docker: Docker;
  deck: Deck;
  cron: Cron;
  /** What is to serve again. */
  live: LiveSet;
  /** Its services; none: nobody knows them, and so they are not asked whether they answer. */
  liveServices: readonly AppService[];
  /** Of the other colour, what ran there and was stopped. */
  beside: () => readonly ContainerState[];
  /** What the restore calls all that it makes. */
  stamp: string;
  /** Ends the session that loads and swaps, if there is one still. What it has not completed it takes back. */
  endSession: () => Promise<void>;
  /** Gives back what held at the edge before. */
  letIn: () => Promise<void>;
  warn: (text: string) => void;
}

/** One part of the way back. */
export interface Part {
  title: string;
  action: () => Promise<void>;
}

/** The parts in the order in which they are to be done; those that nothing was done for yet can be left out. */
export type Parts = Record<'data' | 'web' | 'public' | 'workers' | 'away', Part>;

/**
 * The way back to the release that was live, on its own data. Each part looks at what is there, so it can be done again. Once one
 * has failed, none of those after it does anything: nobody is let in to a release that has not got its data.
 */
export function wayBack(way: Way): Parts {
  const { version } = way.live;
  let failed: string | undefined;
  const part = (title: string, work: (way: Way) => Promise<void>): Part => ({
    title,
    action: async () => {
      if (failed !== undefined) throw new SlipwayError(`left undone, since this failed: ${failed}`);
      try {
        await work(way);
      } catch (error) {
        failed = title;
        throw error;
      }
    },
  });
  return {
    data: part(`bring the data of ${version} back`, bringDataBack),
    web: part(`start ${version} again`, startWeb),
    public: part('let the public in again', ({ letIn }) => letIn()),
    workers: part(`start the workers of ${version} again`, startWorkers),
    away: part('put away what was restored', putAway),
  };
}

async function bringDataBack(way: Way): Promise<void> {
  await way.endSession();
  const swapped = await inSession(way.cron, async (session) => {
    const found = await find(session, way.stamp);
    if (found?.state !== 'done') return undefined;
    await session.ask({ do: 'begin', begin: { action: 'undo', stamp: way.stamp, redis: false } });
    return { error: await session.ask<StepDone>({ do: 'step', step: { kind: 'swap-postgres' } }).then(() => undefined, messageOf), found };
  });
  if (swapped?.error === undefined) return;
  const names = swapped.found.swaps.map(({ name, before }) => `${name} is what was restored, ${before} is what was live`);
  throw new SlipwayError(`${swapped.error}; ${names.join('; ')}`);
}

async function find(session: RestoreSession, stamp: string): Promise<KeptRestore | undefined> {
  const { restores } = await session.ask<KeptRestores>({ do: 'look-back', identity: '' });
  return restores.find((restore) => restore.stamp === stamp);
}

/** It has to answer through the edge as well, which looks for its addresses anew, before anybody is let in. */
async function startWeb(way: Way): Promise<void> {
  await startWebOf(way, way.live.colour, way.beside());
  await answersAgain(way);
}

/** Nobody waits for its first answer but the public, who is turned away until then: it has as long as a container may take to start. */
async function answersAgain({ config, docker, deck, live, liveServices }: Way): Promise<void> {
  const patient = (check: Check): Check => ({ ...check, within: Math.max(check.within, config.settings.HEALTH_TIMEOUT) });
  const services = liveServices.map((service) => ({ ...service, checks: checksOf(service).map(patient) }));
  const { signal } = new AbortController();
  await passAll({ config, docker, deck, app: { services }, identity: { colour: live.colour }, signal }, 'inside', () => {}, { once: true });
}

async function startWorkers({ config, docker, live }: Way): Promise<void> {
  const there = (await containersOf(docker, config.names)).colours[live.colour];
  await startContainers(
    docker,
    there.filter((container) => !isAlive(container)),
  );
}

/** Of something that did not happen nothing is kept. Where that cannot be done now, `restore.mjs --forget` does it. */
async function putAway({ cron, stamp, endSession, warn }: Way): Promise<void> {
  await endSession();
  try {
    await inSession(cron, async (session) => {
      const found = await find(session, stamp);
      if (found?.state !== 'undone') return;
      const step = (one: Parameters<RestoreSession['ask']>[0] & { do: 'step' }) => session.ask(one);
      await session.ask({ do: 'begin', begin: { action: 'tidy' } });
      for (const { name } of found.databases) await step({ do: 'step', step: { kind: 'drop-database', name } });
      for (const set of found.pinned) await step({ do: 'step', step: { kind: 'unpin', set } });
      await step({ do: 'step', step: { kind: 'forget', stamp } });
    });
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    warn(`what was restored is still there: ${error.message}; npx zx scripts/restore.mjs --forget`);
  }
}
