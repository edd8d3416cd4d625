import type { Config } from '../../config/load.js';
import { type MaintenanceFlags, parseMaintenance } from '../../edge/maintenance.js';
import { Compose } from '../../engine/compose.js';
import type { Docker } from '../../engine/docker.js';
import { exitCodes, messageOf, SlipwayError } from '../../errors.js';
import { baseProject, mountedFiles } from '../base/project.js';
import { edgeOf } from '../operation.js';
import { preflight } from '../preflight.js';
import { assertInOrder } from '../recovery/assert-in-order.js';
import { openStack, underLock } from '../stack.js';
import { observe, type State } from '../state.js';
import { InterruptedError, type OnInterrupt } from '../watch.js';
import { type Holder, type MaintenanceChange, maintenanceOff, maintenanceOn, setMaintenance } from './maintenance.js';
import { edgeIn, type MaintenanceStatus, statusOf } from './maintenance-status.js';

export interface SwitchOptions {
  action: 'on' | 'off';
  flags: MaintenanceFlags;
  dotenv: string | undefined;
  /** Makes the engine and the base's images ready; asked only when there is no edge yet. */
  prepare: () => Promise<unknown>;
  /** Does a piece of work under a title; `say` takes what it is at. */
  step: <T>(title: string, work: (say: (line: string) => void) => Promise<T>) => Promise<T>;
  onInterrupt: OnInterrupt;
}

export interface SwitchResult extends MaintenanceStatus {
  /** False: it was so already. */
  changed: boolean;
  /** Clients of the engine's own machine do not arrive from 127.0.0.1 but from this address. */
  gateway: string | null;
}

/**
 * Switches maintenance on or off, holding the stack's lock, and waits until nobody is served any more by what held before.
 * Before the first release it starts the edge, so that the release comes up behind the page. Ctrl-C, and any failure, gives
 * back what held before.
 *
 * @throws UsageError for flags that cannot be; LockedError (exit code 3) when another operation runs; SlipwayError (1, or 4 when
 * a person has to look)
 */
export async function switchMaintenance(options: SwitchOptions): Promise<SwitchResult> {
  const { action } = options;
  const settings = parseMaintenance(options.flags);
  const { config, docker } = await openStack(options.dotenv);
  const state = await observe(docker, config.names);
  const edge = edgeIn(state);
  if (!edge && action === 'off') return { ...(await statusOf(docker, undefined)), changed: false, gateway: null };
  if (!edge) await options.prepare();

  const runs = edge?.state === 'running';
  const lock = {
    command: `maintenance ${action}`,
    network: runs ? config.names.networks.app : undefined,
    leastToken: state.edgeToken,
  };
  return underLock({ config, docker }, lock, async (deck) => {
    if (action === 'off') assertInOrder(deck.journal);
    if (!runs) await options.step('start the edge', () => startEdge(config, docker, state));
    const holder = { docker, config, deck };
    const { changed } = await undoable(holder, options, (onLeft) =>
      action === 'on' ? maintenanceOn(holder, settings, onLeft) : maintenanceOff(holder, onLeft),
    );
    const status = await statusOf(docker, edgeIn(await observe(docker, config.names)));
    return { ...status, changed, gateway: await gatewayOf(docker, config) };
  });
}

/** The edge alone: it needs nothing of Postgres and Redis, and recreates nothing. */
async function startEdge(config: Config, docker: Docker, state: State): Promise<void> {
  await preflight(config, docker, state);
  const up = ['up', '--detach', '--no-deps', '--no-recreate', '--no-build', '--pull=missing', '--wait', '--wait-timeout=60', 'edge'];
  const project = await baseProject(config, docker, await mountedFiles(docker, config.names));
  await new Compose(docker.endpoint).call(project, up);
}

/** Switches and waits for the drain; gives back what held before when that fails or the person stops it. */
async function undoable(
  holder: Holder,
  { action, step, onInterrupt }: SwitchOptions,
  change: (onLeft: (workers: number) => void) => Promise<MaintenanceChange>,
): Promise<MaintenanceChange> {
  const before = await (await edgeOf(holder)).maintenance();
  let tell = (_: string) => {};
  const onLeft = (workers: number) => tell(`${workers} of the edge's old workers still serve`);
  let interrupt = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = () => reject(new InterruptedError());
  });
  interrupted.catch(() => {});
  const stopListening = onInterrupt(interrupt);
  try {
    const done = await step(action === 'on' ? 'turn new requests away' : 'let new requests in', () => change(onLeft));
    if (!done.changed) return done;
    await step('let requests from before end', (say) => {
      tell = say;
      return Promise.race([interrupted, done.drained]);
    });
    return done;
  } catch (error) {
    throw await undone(holder, before, error);
  } finally {
    stopListening();
  }
}

/** Gives back what held before. @returns the error to throw: a failure while undoing joins the first, and makes a person look */
async function undone(holder: Holder, before: MaintenanceChange['before'], error: unknown): Promise<unknown> {
  if (!(error instanceof SlipwayError)) return error;
  const { message, details, hints, exitCode } = error;
  try {
    await setMaintenance(holder, before);
    const words = `maintenance is ${before ? 'on' : 'off'}, as before`;
    return new SlipwayError(message, { details, hints: [...hints, words], exitCode, cause: error });
  } catch (failure) {
    return new SlipwayError(message, {
      details: [...details, `not undone: ${messageOf(failure)}`],
      hints: [...hints, 'a person has to look: npx zx scripts/maintenance.mjs status'],
      exitCode: exitCodes.attention,
      cause: error,
    });
  }
}

async function gatewayOf(docker: Docker, { names }: Config): Promise<string | null> {
  const network = names.networks.app;
  const { IPAM } = await docker.call(`inspecting ${network}`, () => docker.api.getNetwork(network).inspect());
  return (IPAM as { Config?: { Gateway?: string }[] } | undefined)?.Config?.[0]?.Gateway ?? null;
}
