import { isAlive, startContainers, stopContainers } from '../containers.js';
import type { Operation, StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { type ContainerState, containersOf } from '../state.js';
import { awaitReady } from './cut.js';

/**
 * Stops the old colour; with RETIRE=warm its web services stay up, so that going back is a cut alone. The containers are
 * kept: should the new colour fail even now, they are started again.
 */
export async function retire(operation: Operation, step: StepOf<'retire'>, { progress, undo }: StepReport): Promise<string> {
  const { docker, config, signal } = operation;
  const old = (await containersOf(docker, config.names)).colours[step.colour].filter(isAlive);
  const stopping = step.mode === 'warm' ? old.filter(({ role }) => role !== 'web') : old;
  progress(`${stopping.length} containers`);
  undo(`start ${step.colour} again`, () => startAgain(operation, step, stopping), 'traffic');
  // Workers may have a job to end. While they do, the old web services are still up, and going back is a cut.
  await stopContainers(
    docker,
    stopping.filter(({ role }) => role !== 'web'),
  );
  signal.throwIfAborted();
  await stopContainers(
    docker,
    stopping.filter(({ role }) => role === 'web'),
  );
  signal.throwIfAborted();
  return `${stopping.length} containers`;
}

async function startAgain(operation: Operation, step: StepOf<'retire'>, stopped: readonly ContainerState[]): Promise<void> {
  await startContainers(operation.docker, stopped);
  // Workers may take their time; clients wait for the web services alone.
  await awaitReady(
    operation,
    step.colour,
    stopped.filter(({ role }) => role === 'web'),
  );
}
