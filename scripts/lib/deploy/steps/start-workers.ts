import { awaitHealthy, startContainers, stopContainers } from '../containers.js';
import type { Operation, StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { containersOf } from '../state.js';

/**
 * Creates the containers of workers and singletons and starts none of them: starting later takes a moment only. What an
 * older release left in this colour is replaced.
 */
export async function createWorkers({ compose, project, signal }: Operation, step: StepOf<'create-workers'>): Promise<undefined> {
  await compose.call(project, ['up', '--no-start', '--no-deps', '--no-build', ...step.services], { signal });
  return undefined;
}

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
  await startCreated(operation, step.services, progress);
  return undefined;
}

/** Starts containers that were created before, and waits until they are healthy. */
export async function startCreated(operation: Operation, services: readonly string[], progress: (text: string) => void): Promise<void> {
  if (services.length === 0) return;
  const { docker, config, app, identity, signal } = operation;
  const injected = services.filter((service) => needsCompose(operation, service));
  const plain = services.filter((service) => !injected.includes(service));
  const { colours } = await containersOf(docker, config.names);
  await Promise.all([
    startContainers(
      docker,
      colours[identity.colour].filter(({ service }) => plain.includes(service)),
    ),
    injected.length > 0 ? operation.compose.call(operation.project, ['start', ...injected], { signal }) : undefined,
  ]);
  await awaitHealthy(docker, config.names, identity.colour, {
    services,
    replicas: (name) => app.services.find((service) => service.name === name)?.replicas ?? 1,
    timeoutMs: config.settings.HEALTH_TIMEOUT,
    signal,
    progress,
  });
}

/** Compose puts a service's `secrets` and `configs` into its container when it starts it; the engine alone would not. */
function needsCompose({ app }: Operation, service: string): boolean {
  const described = app.compose.services?.[service];
  return Boolean(described?.secrets?.length || described?.configs?.length);
}
