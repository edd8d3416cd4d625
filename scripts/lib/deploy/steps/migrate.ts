import type { Operation, StepReport } from '../operation.js';
import type { Migration, StepOf } from '../plan.js';
import { runOnce } from '../run-once.js';

/**
 * Runs the pending migrations in a one-off container of the NEW image, once, before any of its services starts. They have
 * to suit the old release as well, which goes on serving: nothing is taken back when the deploy fails later.
 */
export async function migrate(operation: Operation, step: StepOf<'migrate'>, { progress }: StepReport): Promise<string> {
  const pending = await pendingOf(operation, step);
  if (pending?.length === 0) return 'nothing is pending';
  progress(pending ? pending.join(', ') : 'running');
  await runOnce(operation, step.service, step.run);
  return pending ? `ran ${pending.join(', ')}` : 'done';
}

/**
 * Asks once in a deploy: nothing else migrates in between.
 *
 * @returns the names of the pending migrations of a service; undefined when the app declares no way to ask
 */
export async function pendingOf(operation: Operation, { service, pending }: Migration): Promise<readonly string[] | undefined> {
  if (pending === undefined) return undefined;
  const known = operation.pending.get(service);
  if (known) return known;
  const names = await listPending(operation, service, pending);
  operation.pending.set(service, names);
  return names;
}

/** @returns the names that the app's own command prints, one a line */
export async function listPending(
  operation: Parameters<typeof runOnce>[0],
  service: string,
  command: readonly string[],
): Promise<string[]> {
  const output = await runOnce(operation, service, command);
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}
