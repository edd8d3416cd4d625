import { setTimeout as delay } from 'node:timers/promises';
import type { Begun, SessionEnd } from '../../backup/sidecar/restore-results.js';
import { type Cron, CronError } from '../../cron/cron.js';
import { exitCodes, SlipwayError } from '../../errors.js';
import type { RestoreSession } from '../operation.js';

/** A session that was killed with its deployer ends by itself; a nightly backup may take longer. */
const WITHIN_MS = 10 * 60_000;
const POLL_MS = 1_000;

/**
 * Does something in a session of its own. While somebody else holds the lock of the backups, it waits for that.
 *
 * @param action may be begun anew; its first question that changes anything has to be `begin`
 * @param waiting told that it waits
 */
export async function inSession<T>(
  cron: Cron,
  action: (session: RestoreSession) => Promise<T>,
  waiting: (text: string) => void = () => {},
): Promise<T> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const session: RestoreSession = cron.open(['restore'], () => {});
    try {
      const result = await action(session);
      assertLeftWell(await session.end());
      return result;
    } catch (error) {
      // How the session ended is told by the answer that failed.
      await session.end().catch(() => {});
      const isLocked = error instanceof CronError && error.exitCode === exitCodes.locked;
      if (!isLocked || performance.now() > deadline) throw error;
      waiting(error.message);
      await delay(POLL_MS);
    }
  }
}

/** Has whatever restores that were cut off have left put in order. */
export async function tidied(cron: Cron, waiting?: (text: string) => void): Promise<void> {
  await inSession(cron, (session) => session.ask<Begun>({ do: 'begin', begin: { action: 'tidy' } }), waiting);
}

/** @throws SlipwayError when a session could not take back what it had begun */
export function assertLeftWell({ problems }: Pick<SessionEnd, 'problems'>): void {
  if (problems.length > 0) throw new SlipwayError(problems.join('; '), { hints: ['backups/RUNBOOK.md'], exitCode: exitCodes.attention });
}
