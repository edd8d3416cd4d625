import { Cron } from '../../cron/cron.js';
import { removeAbandonedRuns, stopContainers } from '../../deploy/containers.js';
import { type JournalRecord, recordsOf } from '../../deploy/journal.js';
import { setMaintenance } from '../../deploy/maintenance/maintenance.js';
import { edgeOf } from '../../deploy/operation.js';
import type { Context } from '../../deploy/release.js';
import { notedBy } from '../../deploy/releases/contracts.js';
import { projectOfLive } from '../../deploy/releases/find-target.js';
import { observe } from '../../deploy/state.js';
import type { LiveSet } from '../../edge/live.js';
import type { Deck } from '../../engine/deck/deck.js';
import { exitCodes, messageOf, SlipwayError } from '../../errors.js';
import { type GateRecord, gateBefore } from '../gate.js';
import { note } from './fits.js';
import type { Left } from './settle.js';
import { type Part, type Parts, wayBack } from './way-back.js';

/**
 * Undoes a rollback with data that was cut off: the release that was live serves again, on its own data, and the public is let in
 * as before. Traffic goes back first, while nobody is let in; the release that was to go live is stopped before its data are taken.
 *
 * @throws SlipwayError (exit code 4) saying which part could not be undone; the rest is left as it is
 */
export async function takeBack(context: Context, deck: Deck, left: Left): Promise<void> {
  const docker = context.docker.guarded(() => deck.confirm());
  const { config } = context;
  const edge = await edgeOf({ docker, config });
  await removeAbandonedRuns(docker, config.names);
  if ((await edge.live())?.token === left.token) await edge.revert(deck.token);
  const before = await observe(docker, config.names);
  // All of it is kept, for the next time that it is gone back to.
  await stopContainers(
    docker,
    before.colours[left.colour].filter(({ release }) => release === left.release),
  );
  if (!before.live) throw new SlipwayError('no release is live that could be gone back to', { exitCode: exitCodes.attention });
  const noted = notedBy(deck.journal as JournalRecord[], left.token);
  await note({ deck }, { gone: noted.back, back: noted.gone });
  const parts = await partsFor({ ...context, docker, before }, deck, left, before.live);
  for (const part of Object.values(parts)) await undone(part, context.reporter.note);
}

async function partsFor(context: Context, deck: Deck, left: Left, live: LiveSet): Promise<Parts> {
  const { docker, config, reporter } = context;
  const gate = gateBefore(deck.journal as readonly GateRecord[], left.token);
  return wayBack({
    config,
    docker,
    deck,
    live,
    cron: await Cron.find(docker, config.names),
    liveServices: await servicesOf(context, deck),
    beside: () => [],
    stamp: left.stamp,
    // Of a session that died with its deployer, the first one of this deployer has put in order what it left.
    endSession: async () => {},
    letIn: async () => {
      if (gate) await setMaintenance({ docker, config, deck }, gate.before ?? undefined);
    },
    warn: reporter.warn,
  });
}

/** Of a release that was not kept, nobody knows them. */
async function servicesOf(context: Context, deck: Deck): Promise<Awaited<ReturnType<typeof projectOfLive>>['liveServices']> {
  try {
    return (await projectOfLive(context, recordsOf(deck))).liveServices;
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return [];
  }
}

async function undone({ title, action }: Part, tell: (text: string) => void): Promise<void> {
  try {
    await action();
  } catch (error) {
    const { details = [], hints = [] } = error instanceof SlipwayError ? error : {};
    throw new SlipwayError(`not undone: ${title}: ${messageOf(error)}`, {
      details,
      hints: [...hints, 'npx zx scripts/deploy.mjs --abort tries again; by hand: backups/RUNBOOK.md'],
      exitCode: exitCodes.attention,
      cause: error,
    });
  }
  tell(`  undone: ${title}`);
}
