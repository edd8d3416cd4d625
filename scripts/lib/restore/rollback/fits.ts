import type { AppService } from '../../config/app-model.js';
import type { JournalRecord } from '../../deploy/journal.js';
import type { Operation, StepReport } from '../../deploy/operation.js';
import type { TakingBack } from '../../deploy/plan.js';
import { among, type Contract, migratedSince } from '../../deploy/releases/contracts.js';
import { listPending, recordMigrated } from '../../deploy/steps/migrate.js';
import type { ComposeProject } from '../../engine/compose.js';
import { SlipwayError } from '../../errors.js';

/** What restored data are asked, by the apps' own ways to tell what is pending. */
export interface Question {
  /** What the release that is to go live on them cannot live with. */
  contracts: readonly Contract[];
  /** When the set was begun, ISO 8601. */
  began: string;
  /** What is noted as gone, and the data may have again. */
  gone: readonly TakingBack[];
}

/** Pending migrations, by service. */
type Pending = ReadonlyMap<string, readonly string[]>;

/**
 * Asks the replaced release which of its migrations the restored data lack, and writes down which are gone and which are there
 * again: whoever goes back further must neither be refused nor let pass by mistake.
 *
 * @throws SlipwayError when the data have a migration that the release that is to go live cannot live with
 */
export async function assertFits(operation: Operation, { contracts, began, gone }: Question, { undo }: StepReport): Promise<string> {
  const { deck, identity, project, liveProject, app, liveServices } = operation;
  const lacking = await pendingIn(operation, liveProject, liveServices);
  const still = contracts.filter((contract) => has(contract, lacking, began));
  if (still.length > 0) {
    throw new SlipwayError(`${identity.version} cannot live with the data of the set`, {
      details: still.map(({ name }) => `${name}: is a contracting migration, and the data have it`),
      hints: ['choose a set from before: npx zx scripts/backup.mjs list'],
    });
  }
  const known = gone.map(({ service }) => service);
  const wanted = await pendingIn(
    operation,
    project,
    app.services.filter(({ name }) => known.includes(name)),
  );
  const goes = among(migratedSince(deck.journal as JournalRecord[], -1), (service, name) => lacking.get(service)?.includes(name) ?? false);
  const returns = among(gone, (service, name) => wanted.has(service) && !wanted.get(service)?.includes(name));
  undo('note which migrations there are', () => note(operation, { gone: returns, back: goes }));
  await note(operation, { gone: goes, back: returns });
  const say = (words: string, some: readonly TakingBack[]) =>
    some.length === 0 ? [] : [`${words} ${some.flatMap(({ names }) => names).join(', ')}`];
  return [...say('they are from before', goes), ...say('they have', returns)].join('; ') || 'they have the same migrations';
}

/** Writes down which migrations are gone, and which are there again. */
export async function note(
  operation: Pick<Operation, 'deck'>,
  { gone, back }: { gone: readonly TakingBack[]; back: readonly TakingBack[] },
): Promise<void> {
  for (const { service, names } of gone) await recordMigrated(operation, service, names, true);
  // The journal has the oldest first.
  for (const { service, names } of back) await recordMigrated(operation, service, [...names].reverse());
}

async function pendingIn(
  { compose, docker, signal }: Operation,
  project: ComposeProject | undefined,
  services: readonly AppService[],
): Promise<Pending> {
  const found = new Map<string, readonly string[]>();
  if (!project) return found;
  for (const { name, migrate } of services) {
    if (migrate?.pending) found.set(name, await listPending({ compose, docker, project, signal }, name, migrate.pending));
  }
  return found;
}

/** Of a service that the replaced release does not have, or that cannot be asked, the clock has to tell. */
function has({ service, name, at }: Contract, lacking: Pending, began: string): boolean {
  const names = lacking.get(service);
  return names === undefined ? at <= began : !names.includes(name);
}
