import { isAlive, startContainers, stopContainers } from '../containers.js';
import type { Operation, StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { containersOf } from '../state.js';
import { startCreated } from './start-workers.js';

/** Hands the singletons over: the old one has ended before the new one starts, so there are never two. */
export async function handOver(operation: Operation, step: StepOf<'hand-over'>, { undo, progress }: StepReport): Promise<undefined> {
  const { docker, config } = operation;
  const now = await containersOf(docker, config.names);
  const old = now.colours[step.from].filter((container) => step.old.includes(container.service) && isAlive(container));
  undo('hand the singletons back', async () => {
    const { colours } = await containersOf(docker, config.names);
    await stopContainers(
      docker,
      colours[step.to].filter(({ service }) => step.services.includes(service)),
    );
    await startContainers(docker, old);
  });
  await stopContainers(docker, old);
  await startCreated(operation, step.services, progress);
  return undefined;
}
