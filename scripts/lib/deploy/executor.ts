import { exitCodes, messageOf, SlipwayError } from '../errors.js';
import type { Operation, StepReport } from './operation.js';
import { grouped, type Step } from './plan.js';
import type { Reporter } from './reporter.js';
import { perform } from './steps/index.js';

interface Undo {
  title: string;
  action: () => Promise<void>;
  concerns: 'traffic' | undefined;
}

/** How long a step took. */
export interface StepTime {
  id: string;
  milliseconds: number;
}

/** A step of whatever kind: an operation may have others than those of a deploy. */
type AnyStep = Pick<Step, 'id' | 'title' | 'beside'> & { kind: string };
/** Does one step. @returns a few words about what was done, for the person */
export type Perform<S extends AnyStep> = (operation: Operation, step: S, report: StepReport) => Promise<string | undefined>;

/** What has been done so far. */
interface Done {
  undos: Undo[];
  times: StepTime[];
  /** A step has said that nothing is taken back any more. */
  committed: boolean;
}

/**
 * Does the steps in order (those that are beside each other at the same time), each written to the journal before it
 * begins and after it ended. When one fails, everything that was done is undone in reverse order, so that the old colour
 * serves as before.
 *
 * @returns how long each step took
 * @throws SlipwayError saying which step failed and why; failures while undoing are joined to it (exit code 4)
 */
export async function execute(operation: Operation, steps: readonly Step[], reporter: Reporter): Promise<StepTime[]> {
  return executeWith(operation, steps, reporter, perform);
}

/** The same for an operation that has steps of its own, and knows how they are done. */
export async function executeWith<S extends AnyStep>(
  operation: Operation,
  steps: readonly S[],
  reporter: Reporter,
  performStep: Perform<S>,
): Promise<StepTime[]> {
  const done: Done = { undos: [], times: [], committed: false };
  reporter.begin(steps);
  for (const group of grouped(steps)) {
    const failure = await executeGroup(operation, group, reporter, done, performStep);
    if (!failure) continue;
    if (done.committed || (failure.step.kind === 'record' && !operation.signal.aborted)) throw unfinished(failure);
    // When the operation was stopped, the steps only tell that they were aborted: why is what the person wants to know.
    const error = operation.stopping.signal.aborted ? operation.stopping.signal.reason : failure.error;
    reporter.failed(failure.step.id, messageOf(error));
    throw joined(error, failure.step, await undoAll(operation, done.undos, reporter), operation);
  }
  return done.times;
}

interface Failure {
  step: AnyStep;
  error: unknown;
}

/** Does a group's steps side by side. The first that fails stops the others, and all have ended when this returns. */
async function executeGroup<S extends AnyStep>(
  operation: Operation,
  group: readonly S[],
  reporter: Reporter,
  done: Done,
  performStep: Perform<S>,
): Promise<Failure | undefined> {
  let first: Failure | undefined;
  await Promise.all(
    group.map(async (step) => {
      try {
        done.times.push(await executeStep(operation, step, reporter, done, performStep));
      } catch (error) {
        first ??= { step, error };
        if (step.kind !== 'record') operation.stopping.abort(error);
      }
    }),
  );
  return first;
}

async function executeStep<S extends AnyStep>(
  operation: Operation,
  step: S,
  reporter: Reporter,
  done: Done,
  performStep: Perform<S>,
): Promise<StepTime> {
  const { deck, signal } = operation;
  const began = performance.now();
  const report: StepReport = {
    progress: (text) => reporter.progress(step.id, text),
    undo: (title, action, concerns) => done.undos.push({ title, action, concerns }),
    commit: () => {
      done.committed = true;
    },
  };
  signal.throwIfAborted();
  deck.assertHeld();
  reporter.started(step.id);
  await deck.append({ at: now(), kind: 'step-began', token: deck.token, step: step.id });
  const detail = await performStep(operation, step, report);
  await deck.append({ at: now(), kind: 'step-done', token: deck.token, step: step.id, ms: Math.round(performance.now() - began) });
  reporter.done(step.id, performance.now() - began, detail);
  return { id: step.id, milliseconds: Math.round(performance.now() - began) };
}

async function undoAll({ deck }: Operation, undos: readonly Undo[], reporter: Reporter): Promise<string[]> {
  const failures: string[] = [];
  // What cannot be written down (a full disk) is undone all the same, for as long as the lock is held.
  const told = (record: { kind: string; step: string }) =>
    deck.append({ at: now(), token: deck.token, ...record }).catch(() => deck.assertHeld());
  let trafficFailed = false;
  const reversed = [...undos].reverse();
  const inOrder = [...reversed.filter(({ concerns }) => concerns), ...reversed.filter(({ concerns }) => !concerns)];
  for (const { title, action, concerns } of inOrder) {
    // Where traffic could not be moved back, whatever serves it has to stay as it is.
    if (!concerns && trafficFailed) {
      failures.push(`${title}: left as it is`);
      continue;
    }
    const began = performance.now();
    try {
      deck.assertHeld();
      await told({ kind: 'undo-began', step: title });
      await action();
      await told({ kind: 'undo-done', step: title });
      reporter.note(`  undone: ${title} (${Math.round(performance.now() - began)} ms)`);
    } catch (error) {
      trafficFailed ||= concerns === 'traffic';
      failures.push(`${title}: ${messageOf(error)}`);
      reporter.warn(`could not ${title}: ${messageOf(error)}`);
    }
  }
  return failures;
}

/** A failure while undoing never replaces the first error; it makes a person look. */
function joined(error: unknown, step: AnyStep, failures: readonly string[], { before }: Operation): unknown {
  if (!(error instanceof SlipwayError)) return failures.length === 0 ? error : withFailures(messageOf(error), [], [], failures, error);
  const message = `${step.title}: ${error.message}`;
  if (failures.length > 0) return withFailures(message, error.details, error.hints, failures, error);
  const { live } = before;
  const serving = live
    ? `everything was undone: ${live.version} (${live.colour}) serves as before`
    : 'everything was undone: no release is live, as before';
  return new SlipwayError(message, { details: error.details, hints: [...error.hints, serving], exitCode: error.exitCode, cause: error });
}

function withFailures(
  message: string,
  details: readonly string[],
  hints: readonly string[],
  failures: readonly string[],
  cause: unknown,
): SlipwayError {
  return new SlipwayError(message, {
    details: [...details, ...failures.map((failure) => `not undone: ${failure}`)],
    hints: [...hints, 'a person has to look: npx zx scripts/status.mjs'],
    exitCode: exitCodes.attention,
    cause,
  });
}

/** The old colour is stopped by then, and the new one serves: nothing is taken back for want of a record. */
function unfinished({ step, error }: Failure): SlipwayError {
  return new SlipwayError(`the new release is live, but this was left undone: ${step.title}: ${messageOf(error)}`, {
    details: error instanceof SlipwayError ? error.details : [],
    hints: [...(error instanceof SlipwayError ? error.hints : []), 'look at it with: npx zx scripts/status.mjs'],
    exitCode: exitCodes.attention,
    cause: error,
  });
}

function now(): string {
  return new Date().toISOString();
}
