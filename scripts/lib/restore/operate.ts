import type { Begun } from '../backup/sidecar/restore-results.js';
import type { Config } from '../config/load.js';
import type { Cron } from '../cron/cron.js';
import { assertInOrder } from '../deploy/recovery/assert-in-order.js';
import type { Reporter } from '../deploy/reporter.js';
import { observe } from '../deploy/state.js';
import { InterruptedError, type OnInterrupt } from '../deploy/watch.js';
import { Deck } from '../engine/deck/deck.js';
import type { Docker } from '../engine/docker.js';
import type { Events } from './events.js';
import { execute, type StepTime } from './execute.js';
import { openLeftGate } from './gate.js';
import { journaled } from './journal.js';
import type { Operation, RestoreSession } from './operation.js';
import type { Prepared } from './prepare.js';

/** What an operation works with. */
export interface Means {
  config: Config;
  docker: Docker;
  cron: Cron;
  session: RestoreSession;
  events: Events;
  reporter: Reporter;
  onInterrupt: OnInterrupt;
}

/** What it has come to. */
export interface Operated {
  times: StepTime[];
  mended: string[];
  safetySet: string | undefined;
  columns: Record<string, string[]>;
}

/**
 * Does what was prepared, while holding the deploy lock and, in the cron container, that of the backups.
 *
 * @throws LockedError or CronError (exit code 3) when one of them is taken
 */
export async function operate(means: Means, { plan, begin, command, what }: Prepared): Promise<Operated> {
  const { config, docker, session, events, reporter } = means;
  const { live, edgeToken } = await observe(docker, config.names);
  const deck = await Deck.open(docker, {
    names: config.names,
    image: config.settings.NODE_IMAGE,
    command: `${command} ${what}`.trim(),
    network: live ? config.names.networks.app : undefined,
    leastToken: edgeToken,
  });
  const stopping = new AbortController();
  const stopListening = means.onInterrupt(() => stopping.abort(new InterruptedError()));
  events.to(() => {}, reporter.warn);
  try {
    assertInOrder(deck.journal);
    const { folder, mended } = await session.ask<Begun>({ do: 'begin', begin });
    for (const line of mended) reporter.note(`  ${line}`);
    const operation: Operation = {
      ...means,
      deck,
      folder,
      signal: stopping.signal,
      gate: undefined,
      found: { safetySet: undefined, columns: {} },
    };
    if (live && (await openLeftGate(operation)))
      reporter.note('  a restore that was cut off had turned the public away; it is let in again');
    const stamp = begin.action === 'undo' ? begin.stamp : begin.action === 'restore' ? begin.intent.stamp : '';
    const times = await journaled(deck, command, what, () => execute(operation, plan, stamp));
    return { times, mended, ...operation.found };
  } finally {
    stopListening();
    await deck.close();
    await reporter.end();
  }
}
