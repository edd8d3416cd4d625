import { SlipwayError } from '../../errors.js';
import { awaitHealthy } from '../containers.js';
import type { Operation, StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { observe } from '../state.js';

/** Starts the web services of the idle colour; whatever an older release left in that colour is replaced. */
export async function startWeb(operation: Operation, step: StepOf<'start-web'>, { undo }: StepReport): Promise<undefined> {
  const { compose, project, signal, config } = operation;
  undo(`remove what was started in ${step.colour}`, async () => {
    // After going back, requests in flight on the new colour end before it is removed.
    await operation.drained;
    const { live } = await observe(operation.docker, config.names);
    if (live?.colour === step.colour) throw new SlipwayError(`the edge still sends traffic to ${step.colour}, so it was left running`);
    await compose.call({ ...project, name: config.names.project(step.colour) }, ['down', '--remove-orphans', '--timeout=10']);
  });
  await compose.call(project, ['up', '--detach', '--no-deps', '--no-build', '--remove-orphans', ...step.services], { signal });
  return undefined;
}

export async function waitHealthy(
  { docker, config, app, signal }: Operation,
  step: StepOf<'healthy'>,
  { progress }: StepReport,
): Promise<string> {
  await awaitHealthy(docker, config.names, step.colour, {
    services: step.services,
    replicas: (name) => app.services.find((service) => service.name === name)?.replicas ?? 1,
    timeoutMs: config.settings.HEALTH_TIMEOUT,
    signal,
    progress,
  });
  const count = app.services.filter(({ name }) => step.services.includes(name)).reduce((sum, { replicas }) => sum + replicas, 0);
  return `${count} containers`;
}
