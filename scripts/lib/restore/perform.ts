import { createReadStream } from 'node:fs';
import type { SidecarStep, StepDone } from '../backup/sidecar/restore-results.js';
import { closeGate, openGate } from './gate.js';
import { mountVolumes } from './mount.js';
import type { Operation } from './operation.js';
import type { Step } from './plan.js';

/**
 * Does one step.
 *
 * @returns a few words about what was done, for the person
 */
export async function perform(operation: Operation, step: Step, progress: (text: string) => void): Promise<string | undefined> {
  switch (step.kind) {
    case 'mount':
      return mountVolumes(operation, step.volumes, progress);
    case 'upload':
      await operation.cron.send(['receive', operation.folder, String(step.bytes)], createReadStream(step.path));
      return undefined;
    case 'maintenance-on':
      return closeGate(operation, progress);
    case 'maintenance-off':
      return openGate(operation);
    case 'sidecar':
      return inSidecar(operation, step.step, progress);
  }
}

async function inSidecar(
  { session, signal, events, reporter, found }: Operation,
  step: SidecarStep,
  progress: (text: string) => void,
): Promise<string | undefined> {
  events.to(progress, reporter.warn);
  const stop = () => session.say({ do: 'stop' });
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { detail, set, columns } = await session.ask<StepDone>({ do: 'step', step });
    if (set !== undefined) found.safetySet ??= set;
    Object.assign(found.columns, columns);
    return detail;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
