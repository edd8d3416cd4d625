import type { Begun, SessionEnd } from '../backup/sidecar/restore-results.js';
import { Cron } from '../cron/cron.js';
import { exitCodes, messageOf, SlipwayError } from '../errors.js';
import { openGate } from './gate.js';
import type { Operation, RestoreSession } from './operation.js';
import { perform } from './perform.js';
import type { Plan, Step } from './plan.js';

/** How long a step took. */
export interface StepTime {
  id: string;
  milliseconds: number;
}

/**
 * Does the steps in order, each written to the journal before it begins and after it ended. When one fails, the cron
 * container takes everything back, and the public is let in again.
 *
 * @param stamp the restore that is under way
 * @returns how long each step took
 * @throws SlipwayError saying which step failed, why, and what stands now
 */
export async function execute(operation: Operation, { steps }: Plan, stamp: string): Promise<StepTime[]> {
  const times: StepTime[] = [];
  operation.reporter.begin(steps);
  for (const step of steps) {
    try {
      times.push(await executeStep(operation, step));
    } catch (error) {
      const reason = operation.signal.aborted ? operation.signal.reason : error;
      operation.reporter.failed(step.id, messageOf(reason));
      throw await takenBack(operation, step, reason, stamp);
    }
  }
  // Killed after its last step, the session has nothing to take back any more.
  const { problems } = await endOf(operation, stamp);
  if (problems.length > 0)
    throw new SlipwayError('all steps are done, but something was left', { details: problems, exitCode: exitCodes.attention });
  return times;
}

async function executeStep(operation: Operation, step: Step): Promise<StepTime> {
  const { deck, signal, reporter } = operation;
  const began = performance.now();
  const at = () => new Date().toISOString();
  signal.throwIfAborted();
  deck.assertHeld();
  reporter.started(step.id);
  await deck.append({ at: at(), kind: 'step-began', token: deck.token, step: step.id });
  const detail = await perform(operation, step, (text) => reporter.progress(step.id, text));
  const milliseconds = Math.round(performance.now() - began);
  await deck.append({ at: at(), kind: 'step-done', token: deck.token, step: step.id, ms: milliseconds });
  reporter.done(step.id, milliseconds, detail);
  return { id: step.id, milliseconds };
}

/** Has everything taken back. @returns the error to throw: a failure on the way back joins the first one */
async function takenBack(operation: Operation, step: Step, error: unknown, stamp: string): Promise<unknown> {
  const { reporter } = operation;
  const end = await endOf(operation, stamp);
  for (const line of end.undone) reporter.note(`  undone: ${line}`);
  const problems = [...end.problems];
  // Where the data could not be brought back, the public must not meet them.
  if (problems.length === 0)
    await openGate(operation).catch((failure: unknown) => problems.push(`let the public in again: ${messageOf(failure)}`));
  if (!(error instanceof SlipwayError) && problems.length === 0 && !end.complete) return error;
  const { details = [], hints = [], exitCode = exitCodes.failed } = error instanceof SlipwayError ? error : {};
  const message = `${step.title}: ${messageOf(error)}`;
  if (end.complete || problems.length > 0) {
    return new SlipwayError(end.complete ? `it is done and stands, but not all is well: ${message}` : message, {
      details: [...details, ...problems.map((problem) => `not taken back: ${problem}`)],
      hints: [
        ...hints,
        ...(operation.gate ? ['the public is turned away: npx zx scripts/maintenance.mjs off lets it in'] : []),
        'a person has to look: backups/RUNBOOK.md',
      ],
      exitCode: exitCodes.attention,
      cause: error,
    });
  }
  return new SlipwayError(message, {
    details,
    hints: [...hints, 'everything was taken back: the live data are what they were'],
    exitCode,
    cause: error,
  });
}

/** @returns how the restore was left; a session that is gone has left it to the next one */
async function endOf({ session, docker, config }: Operation, stamp: string): Promise<SessionEnd> {
  try {
    return await session.end();
  } catch {
    // Why it ended was told by the step that it ended in.
  }
  const problems: string[] = [];
  try {
    const next: RestoreSession = (await Cron.find(docker, config.names)).open(['restore'], () => {});
    const { mended, completed } = await next.ask<Begun>({ do: 'begin', begin: { action: 'tidy' } });
    await next.end();
    return { undone: mended, problems, complete: completed.includes(stamp) };
  } catch (error) {
    problems.push(messageOf(error), ...(error instanceof SlipwayError ? error.details : []));
    return { undone: [], problems, complete: false };
  }
}
