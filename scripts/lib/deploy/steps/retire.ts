import { stopContainers } from '../containers.js';
import type { Operation, StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { containersOf } from '../state.js';

/** Stops the old colour; with RETIRE=warm its web services stay up, so that going back is a cut alone. */
export async function retire(operation: Operation, step: StepOf<'retire'>, { progress }: StepReport): Promise<string> {
  const { docker, config } = operation;
  const old = (await containersOf(docker, config.names)).colours[step.colour];
  const stopping = step.mode === 'warm' ? old.filter(({ role }) => role !== 'web') : old;
  progress(`${stopping.length} containers`);
  await stopContainers(docker, stopping);
  return `${stopping.length} containers`;
}
