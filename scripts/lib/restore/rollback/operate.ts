import type { Begun, Intent } from '../../backup/sidecar/restore-results.js';
import type { Cron } from '../../cron/cron.js';
import { executeWith, type StepTime } from '../../deploy/executor.js';
import { assertUnchanged, type Deployed, operationOf, recorded } from '../../deploy/operate.js';
import type { Operation as ReleaseOperation } from '../../deploy/operation.js';
import { inOrder } from '../../deploy/recovery/cut-off.js';
import type { Context, Release } from '../../deploy/release.js';
import { interruptible, type OnInterrupt } from '../../deploy/watch.js';
import type { LiveSet } from '../../edge/live.js';
import type { Deck } from '../../engine/deck/deck.js';
import { exitCodes, SlipwayError } from '../../errors.js';
import type { Events } from '../events.js';
import { openGate } from '../gate.js';
import type { Operation as DataOperation, RestoreSession } from '../operation.js';
import { type Going, performer } from './perform.js';
import type { Step } from './plan.js';
import { assertLeftWell, tidied } from './sessions.js';
import { type Parts, wayBack } from './way-back.js';

/** What is to be done, and with what. */
export interface Prepared {
  release: Omit<Release, 'steps'>;
  steps: Step[];
  intent: Intent;
  live: LiveSet;
}

export interface Means {
  cron: Cron;
  session: RestoreSession;
  events: Events;
  onInterrupt: OnInterrupt;
}

/** What it came to; `safetySet`: what was taken of the data that were replaced. */
export type GoneBack = Deployed & { safetySet: string | null };

/**
 * Goes back with the data, under the one lock that the deck holds and, in the cron container, that of the backups.
 *
 * @throws CronError (exit code 3) when a backup runs; SlipwayError (1, or 4 when a person has to look) when it failed
 */
export async function goBack(context: Context, prepared: Prepared, deck: Deck, means: Means): Promise<GoneBack> {
  const { intent, steps, release } = prepared;
  const { session, events, onInterrupt } = means;
  const { reporter } = context;
  await assertUnchanged(context);
  events.to(() => {}, reporter.warn);
  const { folder, mended } = await session.ask<Begun>({ do: 'begin', begin: { action: 'restore', intent } });
  for (const line of mended) reporter.note(`  ${line}`);
  const data = { set: intent.set ?? '', stamp: intent.stamp };
  const operation = operationOf(context, { ...release, steps: [] }, deck, { reporter, data });
  const { config, docker, signal } = operation;
  const found = { safetySet: undefined, columns: {} };
  const restore: DataOperation = { ...means, config, docker, deck, reporter, folder, signal, gate: undefined, found };
  const going: Going = { data: restore, beside: [], stopWatching: () => {}, parts: {} as Parts };
  going.parts = partsOf(operation, going, prepared);
  try {
    const work = () => executeWith(operation, steps, reporter, performer(going));
    const done = await recorded(operation, { reporter, onInterrupt }, () =>
      interruptible(operation, onInterrupt, () => toldInOrder(operation, work)),
    );
    return { ...done, safetySet: restore.found.safetySet ?? null };
  } finally {
    going.stopWatching();
  }
}

/** Whatever was undone whole is in order; only what was not keeps other operations away. */
async function toldInOrder({ deck }: ReleaseOperation, work: () => Promise<StepTime[]>): Promise<StepTime[]> {
  try {
    return await work();
  } catch (error) {
    const isLeft = error instanceof SlipwayError && error.exitCode === exitCodes.attention;
    if (!isLeft) await deck.append(inOrder(deck.token));
    throw error;
  }
}

function partsOf({ config, docker, deck, warn, liveServices }: ReleaseOperation, going: Going, { live, intent }: Prepared): Parts {
  const { cron, session } = going.data;
  return wayBack({
    config,
    docker,
    deck,
    cron,
    live,
    liveServices,
    warn,
    stamp: intent.stamp,
    beside: () => going.beside,
    // One that was killed has told so where it was asked.
    endSession: () => session.end().then(assertLeftWell, () => tidied(cron)),
    letIn: () => openGate(going.data).then(() => {}),
  });
}
