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
  // Told before it happens: a migration that nobody knows of would let an older release go live over it.
  await recordMigrated(operation, step.service, pending ?? []);
  try {
    await runOnce(operation, step.service, step.run);
  } catch (error) {
    if (step.pending) await recordMigrated(operation, step.service, await listPending(operation, step.service, step.pending), true);
    throw error;
  }
  return pending ? `ran ${pending.join(', ')}` : 'done';
}

/** Takes migrations back, one at a time, by the way down that the live release declares: it is the one that brought them. */
export async function migrateDown(operation: Operation, step: StepOf<'migrate-down'>, { progress, undo }: StepReport): Promise<string> {
  const { liveProject, liveServices, docker, compose, signal } = operation;
  const migrate = liveServices.find(({ name }) => name === step.service)?.migrate;
  if (!liveProject || !migrate?.down) {
    throw new SlipwayError(`${step.service} declares no way down (x-slipway.migrate.down)`, {
      hints: ['go back to the data of then with scripts/restore.mjs, and add --force'],
    });
  }
  const live = { compose, docker, project: liveProject };
  undo(`migrate ${step.service} up again`, async () => {
    await recordMigrated(operation, step.service, step.names);
    await runOnce(live, step.service, migrate.run);
  });
  for (const name of step.names) {
    progress(name);
    // The journal may be behind what somebody did by hand: one that is taken back already must not cost the one before it.
    const isGone = migrate.pending && (await listPending(live, step.service, migrate.pending)).includes(name);
    if (!isGone) await runOnce({ ...live, signal }, step.service, migrate.down);
    await recordMigrated(operation, step.service, [name], true);
  }
  return `took back ${step.names.join(', ')}`;
}

/** Going back to an older release asks what was migrated since. */
export async function recordMigrated(
  { deck }: Pick<Operation, 'deck'>,
  service: string,
  names: readonly string[],
  down = false,
): Promise<void> {
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
