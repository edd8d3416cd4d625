import { setTimeout as delay } from 'node:timers/promises';
import { type Maintenance, type MaintenanceSettings, maintenanceDefaults, renderGate, sameSettings } from '../../edge/maintenance.js';
import { edgePorts } from '../../edge/target.js';
import { SlipwayError } from '../../errors.js';
import { edgeOf, type Operation } from '../operation.js';

/** What of a running operation is needed: its deck holds the lock and has the fencing token. */
export type Holder = Pick<Operation, 'docker' | 'config' | 'deck'>;

/** What switching maintenance came to. */
export interface MaintenanceChange {
  /** False: it was so already. */
  changed: boolean;
  /** What held before: hand it to {@link setMaintenance} to have it again. */
  before: Maintenance | undefined;
  now: Maintenance | undefined;
  /**
   * Resolves when nobody is served any more by what held before: requests that were in flight have ended, websockets and event
   * streams as well, at the latest after DRAIN_TIMEOUT. Only then does nothing from the public reach the app.
   */
  drained: Promise<void>;
}

/** Told how many old workers of the edge still serve, whenever that changes. */
type OnLeft = (workers: number) => void;

/** Fresh connections in a row that have to meet the new gate; see the same figure in steps/verify.ts. */
const IN_A_ROW = 10;
const WITHIN_MS = 10_000;

/**
 * Turns the public away, in an operation that holds the lock. What the settings leave out stays as it is, or is the default.
 *
 * @returns once every new request meets it
 * @throws EdgeError when another operation has a newer token, or nginx refuses the gate: nothing has changed then
 */
export async function maintenanceOn(
  holder: Holder,
  settings: Partial<MaintenanceSettings> = {},
  onLeft?: OnLeft,
): Promise<MaintenanceChange> {
  const edge = await edgeOf(holder);
  const before = await edge.maintenance();
  const since = before?.since ?? new Date().toISOString();
  return setMaintenance(holder, { ...maintenanceDefaults, ...before, ...settings, since }, onLeft);
}

/** Lets everybody in again; otherwise like {@link maintenanceOn}. */
export async function maintenanceOff(holder: Holder, onLeft?: OnLeft): Promise<MaintenanceChange> {
  return setMaintenance(holder, undefined, onLeft);
}

/** Makes it so, whatever held before; for giving back what an operation found. Otherwise like {@link maintenanceOn}. */
export async function setMaintenance(holder: Holder, wanted: Maintenance | undefined, onLeft?: OnLeft): Promise<MaintenanceChange> {
  const { deck, config } = holder;
  const edge = await edgeOf(holder);
  const before = await edge.maintenance();
  await deck.join(config.names.networks.app);
  const same = before && wanted ? sameSettings(before, wanted) : before === wanted;
  // A run that was killed between the link and the signal leaves workers that do not know of it yet.
  if (same && (await gateOf(holder)).isOpen === (wanted === undefined)) {
    return { changed: false, before, now: before, drained: Promise.resolve() };
  }
  deck.assertHeld();
  const { drained } = wanted ? await edge.close(deck.token, renderGate(wanted, deck.token), onLeft) : await edge.open(deck.token, onLeft);
  // Whoever awaits it gets its error; until then it must not count as unhandled.
  drained.catch(() => {});
  await awaitGate(holder, wanted ? deck.token : 0);
  await deck.append({ at: new Date().toISOString(), kind: 'maintenance', token: deck.token, on: wanted !== undefined, ...wanted });
  return { changed: true, before, now: wanted, drained };
}

/** After a reload returned, a few fresh requests can still be answered by old workers (measured). */
async function awaitGate(holder: Holder, token: number): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  for (let inARow = 0; inARow < IN_A_ROW; ) {
    const found = await gateOf(holder);
    inARow = found.token === token ? inARow + 1 : 0;
    if (inARow > 0) continue;
    if (performance.now() > deadline)
      throw new SlipwayError(`the edge does not have the new gate: ${found.problem ?? `it has that of token ${found.token}`}`);
    await delay(20);
  }
}

/** @returns the gate of the worker that answers: the token of the operation that closed it, 0 while it is open */
async function gateOf({ deck }: Holder): Promise<{ token: number | undefined; isOpen: boolean | undefined; problem: string | undefined }> {
  const { status, body, error } = await deck.probe({ host: 'edge', port: edgePorts.private, path: '/gate', timeoutMs: 2_000 });
  // An edge that is older than gates has none, so it is open.
  if (status === 404) return { token: 0, isOpen: true, problem: undefined };
  if (status === 200 && /^\d+$/.test(body)) return { token: Number(body), isOpen: body === '0', problem: undefined };
  return { token: undefined, isOpen: undefined, problem: error ?? `answered ${status} ${body.trim()}` };
}
