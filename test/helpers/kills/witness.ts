import type { Readable } from 'node:stream';
import { engine } from '../leftovers.js';

interface Event {
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

/** What the engine's own events tell about a stack's containers, whatever an app writes down about itself. */
export interface Witness {
  /** Each time that a singleton was started while another container of it ran. */
  seconds: string[];
  /** Versions whose workers or singletons were ever started. */
  worked: Set<string>;
  close: () => void;
}

/**
 * Watches who runs beside whom.
 *
 * @param stack the stack's name
 */
export async function watchWork(stack: string): Promise<Witness> {
  const filters = { event: ['start', 'die'], label: [`dev.slipway.stack=${stack}`] };
  const stream = (await engine.getEvents({ filters })) as unknown as Readable;
  const seconds: string[] = [];
  const worked = new Set<string>();
  const running = new Map<string, { service: string; name: string }>();
  const hear = ({ Action, Actor: { ID, Attributes } }: Event) => {
    const { name = ID, 'dev.slipway.role': role, 'com.docker.compose.service': service = '', 'dev.slipway.version': version } = Attributes;
    if (Action === 'die') return void running.delete(ID);
    if ((role === 'worker' || role === 'singleton') && version) worked.add(version);
    if (role !== 'singleton') return;
    const other = [...running.values()].find((one) => one.service === service);
    if (other) seconds.push(`${name} was started while ${other.name} ran`);
    running.set(ID, { service, name });
  };
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter(Boolean)) hear(JSON.parse(line) as Event);
  });
  return { seconds, worked, close: () => stream.destroy() };
}
