import { maintenanceOn, setMaintenance } from '../deploy/maintenance/maintenance.js';
import { edgeOf } from '../deploy/operation.js';
import { InterruptedError } from '../deploy/watch.js';
import type { Maintenance } from '../edge/maintenance.js';
import type { Operation } from './operation.js';

/** The journal's record of what held at the edge before a restore turned the public away. */
const KIND = 'restore-gate';
/** What the page says, when no maintenance was on already. */
const MESSAGE = 'We are bringing data back and will be here again in a moment.';

/** Turns the public away, and waits until nobody is served any more by what held before. */
export async function closeGate(operation: Operation, progress: (text: string) => void): Promise<string | undefined> {
  const { deck, signal } = operation;
  const before = await (await edgeOf(operation)).maintenance();
  await deck.append({ at: new Date().toISOString(), kind: KIND, token: deck.token, before: before ?? null });
  operation.gate = { before };
  const { drained } = await maintenanceOn(operation, before ? {} : { message: MESSAGE, retryAfter: 30 }, (workers) =>
    progress(`${workers} of the edge's old workers still serve`),
  );
  await Promise.race([drained, interruption(signal)]);
  return before ? 'it was on already' : undefined;
}

/** Gives back what held before; nothing when the gate was not touched. */
export async function openGate(operation: Operation): Promise<string | undefined> {
  if (!operation.gate) return undefined;
  const { before } = operation.gate;
  await setMaintenance(operation, before);
  operation.gate = undefined;
  return before ? 'it stays on, as before' : undefined;
}

/** A restore that was killed while the public was turned away has left it so: nobody else knows what held before. */
export async function openLeftGate(operation: Operation): Promise<boolean> {
  const left = leftGate(operation.deck.journal as readonly JournalRecord[]);
  if (!left) return false;
  return (await setMaintenance(operation, left.before ?? undefined)).changed;
}

interface JournalRecord {
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
export function leftGate(journal: readonly JournalRecord[]): { before: Maintenance | null } | undefined {
  const last = journal.findLast(({ kind }) => kind === KIND || kind === 'maintenance');
  const own = journal.filter(({ token }) => token === last?.token);
  const gate = own.find(({ kind }) => kind === KIND);
  return gate && !own.some(({ kind }) => kind === 'ended') ? { before: gate.before ?? null } : undefined;
}

function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const interrupted = () => reject(new InterruptedError());
    if (signal.aborted) interrupted();
    signal.addEventListener('abort', interrupted, { once: true });
  });
}
