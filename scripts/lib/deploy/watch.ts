import { maskSecrets } from '../config/secret.js';
import { operator } from '../engine/deck/holder.js';
import { exitCodes, messageOf, SlipwayError } from '../errors.js';
import { ContainerError, containerError, watchDeaths } from './containers.js';
import type { Operation } from './operation.js';

/** Writes the operation's beginning and end to the journal. */
export async function journaled<T>({ deck, identity, command, source, config, data }: Operation, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const common = { token: deck.token, command, version: identity.version, colour: identity.colour, release: identity.release };
  await deck.append({ at: new Date().toISOString(), kind: 'began', ...common, by: operator(), committed: source.committed, ...data });
  const end = (outcome: string, reason?: string) =>
    deck.append({
      at: new Date().toISOString(),
      kind: 'ended',
      ...common,
      outcome,
      reason: reason && maskSecrets(reason, config.secrets),
      ms: Math.round(performance.now() - began),
    });
  try {
    const result = await work();
    await end('done');
    return result;
  } catch (error) {
    // The deck may be what was lost; the first error is the one to tell.
    const interrupted = error instanceof SlipwayError && error.exitCode === exitCodes.interrupted;
    await end(interrupted ? 'interrupted' : 'failed', messageOf(error)).catch(() => {});
    throw error;
  }
}

/** Stops the work on Ctrl-C, or as soon as a container of the new colour dies. */
export async function watched<T>(operation: Operation, onInterrupt: OnInterrupt, work: () => Promise<T>): Promise<T> {
  const stopWatching = await stopOnDeath(operation);
  try {
    return await interruptible(operation, onInterrupt, work);
  } finally {
    stopWatching();
  }
}

/** Stops the work on Ctrl-C. */
export async function interruptible<T>({ stopping }: Operation, onInterrupt: OnInterrupt, work: () => Promise<T>): Promise<T> {
  const stopListening = onInterrupt(() => stopping.abort(new InterruptedError()));
  try {
    return await work();
  } finally {
    stopListening();
  }
}

/** From here on a container of the new colour that dies stops the operation. @returns stops watching */
export async function stopOnDeath({ docker, config, identity, before, stopping }: Operation): Promise<() => void> {
  // Containers that another release left in this colour are replaced: their end is no news.
  const others = before.colours[identity.colour].filter(({ release }) => release !== identity.release);
  const older = new Set(others.map(({ id }) => id));
  return watchDeaths(docker, config.names.project(identity.colour), (container, exitCode) => {
    if (older.has(container.id) || stopping.signal.aborted) return;
    const reason = `it ended with exit code ${exitCode}`;
    void containerError(docker, container, reason)
      .catch((cause: unknown) => new ContainerError(`${container.name}: ${reason}`, { cause }))
      .then((error) => stopping.abort(error));
  });
}

/** The person pressed Ctrl-C, or the process was asked to end. */
export class InterruptedError extends SlipwayError {
  constructor(message = 'interrupted') {
    super(message, { exitCode: exitCodes.interrupted });
  }
}

/** Calls back on Ctrl-C or a polite end signal; returns how to stop listening. */
export type OnInterrupt = (stop: () => void) => () => void;
