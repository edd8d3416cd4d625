import { awaitHealthy, stopContainers } from '../containers.js';
import type { Operation, StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { containersOf } from '../state.js';

/** Starts the new release's workers; the old ones go on beside them until their colour is retired. */
export async function startWorkers(
  operation: Operation,
  step: StepOf<'start-workers'>,
  { undo, progress }: StepReport,
): Promise<undefined> {
  const { docker, config } = operation;
  undo(`stop the workers of ${step.colour}`, async () => {
    const { colours } = await containersOf(docker, config.names);
    // With their whole grace: a job that was begun is finished.
    await stopContainers(
      docker,
      colours[step.colour].filter(({ service }) => step.services.includes(service)),
    );
  });
  await up(operation, step.services, progress);
  return undefined;
}

/** Starts services of the new colour and waits until they are healthy. */
export async function up(
  { compose, project, docker, config, app, identity, signal }: Operation,
  services: readonly string[],
  progress: (text: string) => void,
): Promise<void> {
  if (services.length === 0) return;
  await compose.call(project, ['up', '--detach', '--no-deps', '--no-build', ...services], { signal });
  await awaitHealthy(docker, config.names, identity.colour, {
    services,
    replicas: (name) => app.services.find((service) => service.name === name)?.replicas ?? 1,
    timeoutMs: config.settings.HEALTH_TIMEOUT,
    signal,
    progress,
  });
}
