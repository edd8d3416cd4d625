import { maintenanceOn, setMaintenance } from '../deploy/maintenance/maintenance.js';
import { edgeOf } from '../deploy/operation.js';
import { InterruptedError } from '../deploy/watch.js';
import type { Maintenance, MaintenanceSettings } from '../edge/maintenance.js';
import type { Operation } from './operation.js';

/** The journal's record of what held at the edge before a restore turned the public away. */
const KIND = 'restore-gate';
/** What the page says, when no maintenance was on already. */
const MESSAGE = 'We are bringing data back and will be here again in a moment.';

/** What of an operation closing and opening works with. */
export type Gated = Pick<Operation, 'config' | 'docker' | 'deck' | 'signal' | 'gate'>;

/**
 * Turns the public away, and waits until nobody is served any more by what held before.
 *
 * @param settings what is to be other than it is, or than the default
 */
export async function closeGate(
  operation: Gated,
  progress: (text: string) => void,
  settings: Partial<MaintenanceSettings> = {},
): Promise<string | undefined> {
  const { deck, signal } = operation;
  const before = await (await edgeOf(operation)).maintenance();
  await deck.append({ at: new Date().toISOString(), kind: KIND, token: deck.token, before: before ?? null });
  operation.gate = { before };
  const { drained } = await maintenanceOn(operation, { ...(before ? {} : { message: MESSAGE, retryAfter: 30 }), ...settings }, (workers) =>
    progress(`${workers} of the edge's old workers still serve`),
  );
  await Promise.race([drained, interruption(signal)]);
  return before ? 'it was on already' : undefined;
}

/** Gives back what held before; nothing when the gate was not touched. */
export async function openGate(operation: Gated): Promise<string | undefined> {
  if (!operation.gate) return undefined;
  const { before } = operation.gate;
  await setMaintenance(operation, before);
  operation.gate = undefined;
  return before ? 'it stays on, as before' : undefined;
}

/** A restore that was killed while the public was turned away has left it so: nobody else knows what held before. */
export async function openLeftGate(operation: Operation): Promise<boolean> {
  const left = leftGate(operation.deck.journal as readonly GateRecord[]);
  if (!left) return false;
  return (await setMaintenance(operation, left.before ?? undefined)).changed;
}

/** What a record of the journal tells about the gate. */
export interface GateRecord {
  kind: string;
  token: number;
  on?: boolean;
  command?: string;
  before?: Maintenance | null;
}

/**
 * @returns what held before, when whoever last had to do with the gate was a restore that never ended; pure. Its own record
 * tells, which it writes before it switches: maintenance is recorded only afterwards
 */
export function leftGate(journal: readonly GateRecord[]): { before: Maintenance | null } | undefined {
  const last = journal.findLast(({ kind }) => kind === KIND || kind === 'maintenance');
  const hasEnded = journal.some(({ kind, token }) => kind === 'ended' && token === last?.token);
  return last && !hasEnded ? gateBefore(journal, last.token) : undefined;
}

/** @returns what held at the edge before an operation turned the public away; undefined when it did not come to that; pure */
export function gateBefore(journal: readonly GateRecord[], token: number): { before: Maintenance | null } | undefined {
  const gate = journal.find((record) => record.kind === KIND && record.token === token);
  return gate && { before: gate.before ?? null };
}

function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const interrupted = () => reject(new InterruptedError());
    if (signal.aborted) interrupted();
    signal.addEventListener('abort', interrupted, { once: true });
  });
}
