import type { RestoreFacts, RestoreRequest } from '../../backup/sidecar/restore-results.js';
import type { Records } from '../../deploy/journal.js';
import { idleColour } from '../../deploy/plan.js';
import type { Context } from '../../deploy/release.js';
import { contractsSince, goneSince } from '../../deploy/releases/contracts.js';
import { findTarget, projectOfLive } from '../../deploy/releases/find-target.js';
import { ofKept } from '../../deploy/releases/of-kept.js';
import { releasesOf } from '../../deploy/releases/releases.js';
import { SlipwayError, UsageError } from '../../errors.js';
import type { RestoreSession } from '../operation.js';
import { intentOf } from '../plan.js';
import { judge } from './judge.js';
import type { Prepared } from './operate.js';
import { planBack } from './plan.js';

export interface Wish {
  /** Undefined: the release before the live one. */
  version: string | undefined;
  request: RestoreRequest;
  safetySet: boolean;
}

/** Everything that was found out, and what is to be done. */
export interface Preparation extends Prepared {
  facts: RestoreFacts;
  contracts: string[];
  notes: string[];
}

/**
 * Looks at the release, the set and what is there, and plans; nothing is changed.
 *
 * @param session to look at the set with
 * @throws UsageError or SlipwayError saying why it cannot be
 */
export async function prepareBack(context: Context, wish: Wish, records: Records, session: RestoreSession): Promise<Preparation> {
  const { before, config } = context;
  const { live } = before;
  if (!live) throw new UsageError('no release is live, so there is none to go back from');
  const { first, kept } = await findTarget(context, wish.version, records);
  const { request, safetySet } = wish;
  const identity = config.secrets.BACKUP_AGE_IDENTITY.reveal();
  const [found, facts] = await Promise.all([
    ofKept(context, kept, idleColour(before)),
    session.ask<RestoreFacts>({ do: 'look', request, identity }),
  ]);
  const contracts = contractsSince(records.journal, first.token);
  const { version } = kept;
  const { notes, migrates } = judge({ facts, version, first, contracts, releases: releasesOf(records.journal), now: new Date() });
  const ofLive = await liveOrNothing(context, records, contracts.length > 0);
  const canAsk = ofLive.liveServices.some(({ migrate }) => migrate?.pending);
  const gone = goneSince(records.journal, first.token);
  const goal = { version, services: found.app.services, facts, request, safetySet, contracts, gone, canAsk, migrates };
  return {
    release: { ...found, ...ofLive, command: 'rollback' },
    steps: planBack(before, goal),
    intent: { ...intentOf(facts, { request }), release: version },
    live,
    facts,
    contracts: contracts.map(({ name }) => name),
    notes,
  };
}

/** Where nothing keeps the older release from living with the data, nobody has to be asked about them. */
async function liveOrNothing(context: Context, records: Records, needed: boolean): ReturnType<typeof projectOfLive> {
  try {
    return await projectOfLive(context, records);
  } catch (error) {
    if (needed || !(error instanceof SlipwayError)) throw error;
    return { liveProject: undefined, liveServices: [] };
  }
}
