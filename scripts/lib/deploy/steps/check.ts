import { PIN_HEADER } from '../../edge/canary.js';
import type { Edge } from '../../edge/edge.js';
import { CheckError, checksOf, passCheck } from '../checks.js';
import { containerError } from '../containers.js';
import type { Operation, StepReport } from '../operation.js';
import { type AimedCheck, aimChecks, type Door } from '../probes.js';
import { containersOf } from '../state.js';

/** Passes every declared check on the idle colour, side by side. */
export async function checkStaged(operation: Operation, { progress }: StepReport): Promise<string> {
  const count = await passAll(operation, 'staging', progress);
  return `${count} passed`;
}

/** The checks were passed before: what fails now fails for clients, so there is little patience (milliseconds). */
const BEFORE_CLIENTS_MS = 5_000;

/** How checks are passed that were passed before. */
interface PassOptions {
  /** A single pass is enough, however often the check wants it. */
  once?: boolean;
  /** How long each may take at most (milliseconds), whatever it says itself. */
  within?: number;
  /** The edge serves both colours: the new one is asked for by name. */
  pinned?: boolean;
}

/**
 * Passes the checks once more, now that clients come to the colour: where they come in, or beside that while maintenance keeps
 * the public out.
 */
export async function passBeforeClients(
  operation: Operation,
  edge: Edge,
  progress: (text: string) => void,
  options: Pick<PassOptions, 'pinned'> = {},
): Promise<{ checks: number; closed: boolean }> {
  const closed = (await edge.maintenance()) !== undefined;
  const door = closed ? 'inside' : 'public';
  return { checks: await passAll(operation, door, progress, { once: true, within: BEFORE_CLIENTS_MS, ...options }), closed };
}

/** Whose checks are passed: those of an app in a colour. */
export type Checked = Pick<Operation, 'config' | 'docker' | 'deck' | 'signal'> & {
  app: Pick<Operation['app'], 'services'>;
  identity: Pick<Operation['identity'], 'colour'>;
};

/**
 * @param door where the edge is asked
 * @returns how many checks were passed
 * @throws CheckError, with the last log lines of the service that was asked
 */
export async function passAll(
  operation: Checked,
  door: Door,
  progress: (text: string) => void,
  { once = false, within = Number.POSITIVE_INFINITY, pinned = false }: PassOptions = {},
): Promise<number> {
  const { config, docker, deck, app, identity, signal } = operation;
  const containers = (await containersOf(docker, config.names)).colours[identity.colour];
  const aimed = aimChecks(config, app.services, containers, door, checksOf);
  let passed = 0;
  const pass = async ({ check, label, request, service }: AimedCheck) => {
    try {
      const wanted = { ...check, times: once ? 1 : check.times, within: Math.min(check.within, within) };
      await passCheck(
        wanted,
        () => deck.probe(pinned ? { ...request, headers: { ...request.headers, [PIN_HEADER]: identity.colour } } : request),
        (problem, times) => progress(problem ? `${label}: ${problem}` : `${label}: ${times} of ${wanted.times}`),
        signal,
      );
      passed++;
    } catch (error) {
      const asked = containers.find((container) => container.service === service);
      if (!(error instanceof CheckError) || !asked) throw error;
      const { details } = await containerError(docker, asked, '');
      throw new CheckError(`${service}: ${error.message}`, { details: [...error.details, `${asked.name}:`, ...details], cause: error });
    }
  };
  await Promise.all(aimed.map(pass));
  return passed;
}
