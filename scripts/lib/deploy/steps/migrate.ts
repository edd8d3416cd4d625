import { SlipwayError } from '../../errors.js';
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
  await recordMigrated(operation, step.service, pending ?? []);
  return pending ? `ran ${pending.join(', ')}` : 'done';
}

/** Takes migrations back, one at a time, by the way down that the live release declares: it is the one that brought them. */
export async function migrateDown(operation: Operation, step: StepOf<'migrate-down'>, { progress }: StepReport): Promise<string> {
  const { liveProject, liveServices, docker, compose, signal } = operation;
  const down = liveServices.find(({ name }) => name === step.service)?.migrate?.down;
  if (!liveProject || !down) {
    throw new SlipwayError(`${step.service} declares no way down (x-slipway.migrate.down)`, {
      hints: ['go back to the data of then with scripts/restore.mjs, and add --force'],
    });
  }
  for (const name of step.names) {
    progress(name);
    await runOnce({ compose, docker, signal, project: liveProject }, step.service, down);
    await recordMigrated(operation, step.service, [name], true);
  }
  return `took back ${step.names.join(', ')}`;
}

/** Going back to an older release asks what was migrated since. */
async function recordMigrated({ deck }: Operation, service: string, names: readonly string[], down = false): Promise<void> {
  if (names.length > 0) await deck.append({ at: new Date().toISOString(), kind: 'migrated', token: deck.token, service, names, down });
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
