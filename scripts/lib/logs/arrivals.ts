import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Names } from '../config/names.js';
import type { Docker } from '../engine/docker.js';
import { messageOf, SlipwayError } from '../errors.js';
import { type LogSource, sourceByLabels } from './source.js';

/**
 * Listens for containers of a stack that start: new ones, and those that start again.
 *
 * @param signal ends it without an error
 * @returns once the engine is listened to, so that no start is missed from then on
 * @throws SlipwayError, while it is read, when the engine tells nothing any more
 */
export async function arrivals(docker: Docker, names: Names, signal: AbortSignal): Promise<AsyncGenerator<LogSource>> {
  const filters = { type: ['container' as const], event: ['start'], label: [`dev.slipway.stack=${names.base}`] };
  const stream = await docker.call("following the engine's events", () => docker.api.getEvents({ filters, abortSignal: signal }));
  return starts(stream as unknown as Readable, names, signal);
}

async function* starts(stream: Readable, names: Names, signal: AbortSignal): AsyncGenerator<LogSource> {
  let reason = 'it ended its events';
  // The lines end with the stream, however that ended.
  stream.once('error', (error) => {
    reason = messageOf(error);
  });
  for await (const line of createInterface({ input: stream })) {
    const { Actor } = JSON.parse(line) as { Actor: { ID: string; Attributes: Record<string, string> } };
    const source = sourceByLabels(Actor.ID, Actor.Attributes, names);
    if (source) yield source;
  }
  if (!signal.aborted) throw new SlipwayError(`the engine is away: ${reason}`, { hints: ['type the command again'] });
}
