import type { RunResult, VerifyResult } from '../../backup/sidecar/results.js';
import { Cron } from '../../cron/cron.js';
import { SlipwayError } from '../../errors.js';
import type { Operation, StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { pendingOf } from './migrate.js';

/**
 * Backs Postgres up before migrations change it, and reads the set back to its end. A release without pending migrations
 * needs none.
 */
export async function backUp(operation: Operation, step: StepOf<'backup'>, { progress }: StepReport): Promise<string> {
  const { docker, config, signal, warn } = operation;
  let needed = false;
  // One that cannot say what is pending may have something.
  for (const migration of step.migrations) needed = (await pendingOf(operation, migration))?.length !== 0 || needed;
  if (!needed) return 'nothing is pending';
  try {
    const cron = await Cron.find(docker, config.names);
    const onEvent = (event: { event: string; text?: string; part?: string }) => {
      if (event.event === 'warning' && event.text) warn(event.text);
      if (event.event === 'part-began' && event.part) progress(event.part);
    };
    const { set } = await cron.call<RunResult>(['run', '--only=postgres', '--reason=deploy'], { onEvent, signal });
    const { verifications } = await cron.call<VerifyResult>(['verify', set.set], { onEvent, signal });
    return `the set ${set.set} is in ${verifications.map(({ store }) => store).join(' and ')}`;
  } catch (error) {
    if (signal.aborted || !(error instanceof SlipwayError)) throw error;
    throw new SlipwayError(`migrations are pending, and no backup could be made: ${error.message}`, {
      details: error.details,
      hints: [...error.hints, 'to deploy without one: add --skip-backup'],
      exitCode: error.exitCode,
      cause: error,
    });
  }
}
