import { exitCodes, messageOf, SlipwayError } from '../errors.js';
import type { Operation, StepReport } from './operation.js';
import type { Step } from './plan.js';
import type { Reporter } from './reporter.js';
import { perform } from './steps/index.js';

interface Undo {
  title: string;
  action: () => Promise<void>;
}

/** From these steps on going forward is the safe way: the old colour is being stopped. */
const POINT_OF_NO_RETURN: ReadonlySet<Step['kind']> = new Set(['retire', 'record']);

/**
 * Does the steps in order, each written to the journal before it begins and after it ended. When one fails, everything
 * that was done is undone in reverse order, so that the old colour serves as before.
 *
 * @throws SlipwayError saying which step failed and why; failures while undoing are joined to it (exit code 4)
 */
export async function execute(operation: Operation, steps: readonly Step[], reporter: Reporter): Promise<void> {
  const undos: Undo[] = [];
  reporter.begin(steps);
  for (const step of steps) {
    try {
      await executeStep(operation, step, reporter, undos);
    } catch (error) {
      if (POINT_OF_NO_RETURN.has(step.kind)) throw unfinished(step, error);
      reporter.failed(step.id, messageOf(error));
      const failures = await undoAll(operation, undos, reporter);
      throw joined(error, step, failures);
    }
  }
}

async function executeStep(operation: Operation, step: Step, reporter: Reporter, undos: Undo[]): Promise<void> {
  const { deck, signal } = operation;
  const began = performance.now();
  const report: StepReport = {
    progress: (text) => reporter.progress(step.id, text),
    undo: (title, action) => undos.push({ title, action }),
  };
  if (!POINT_OF_NO_RETURN.has(step.kind)) signal.throwIfAborted();
  deck.assertHeld();
  reporter.started(step.id);
  await deck.append({ at: now(), kind: 'step-began', token: deck.token, step: step.id });
  const detail = await perform(operation, step, report);
  await deck.append({ at: now(), kind: 'step-done', token: deck.token, step: step.id, ms: Math.round(performance.now() - began) });
  reporter.done(step.id, performance.now() - began, detail);
}

async function undoAll({ deck }: Operation, undos: readonly Undo[], reporter: Reporter): Promise<string[]> {
  const failures: string[] = [];
  for (const [index, { title, action }] of [...undos].reverse().entries()) {
    const id = `undo-${index}`;
    const began = performance.now();
    try {
      deck.assertHeld();
      await deck.append({ at: now(), kind: 'undo-began', token: deck.token, step: title });
      await action();
      await deck.append({ at: now(), kind: 'undo-done', token: deck.token, step: title });
      reporter.note(`  undone: ${title} (${Math.round(performance.now() - began)} ms)`);
    } catch (error) {
      failures.push(`${title}: ${messageOf(error)}`);
      reporter.warn(`${id}: could not ${title}: ${messageOf(error)}`);
    }
  }
  return failures;
}

/** A failure while undoing never replaces the first error; it makes a person look. */
function joined(error: unknown, step: Step, failures: readonly string[]): unknown {
  if (!(error instanceof SlipwayError)) return failures.length === 0 ? error : withFailures(messageOf(error), [], [], failures, error);
  const message = `${step.title}: ${error.message}`;
  if (failures.length > 0) return withFailures(message, error.details, error.hints, failures, error);
  return new SlipwayError(message, { details: error.details, hints: error.hints, exitCode: error.exitCode, cause: error });
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

function unfinished(step: Step, error: unknown): SlipwayError {
  return new SlipwayError(`the new release is live, but this was left undone: ${step.title}: ${messageOf(error)}`, {
    hints: ['look at it with: npx zx scripts/status.mjs'],
    exitCode: exitCodes.attention,
    cause: error,
  });
}

function now(): string {
  return new Date().toISOString();
}
