import type { Begin, Intent, KeptRestores, RestoreFacts } from '../backup/sidecar/restore-results.js';
import type { RestoreSession } from './operation.js';
import { intentOf, type Plan, planRestore } from './plan.js';
import { planForget, planTidy, planUndo, undoable } from './plan-back.js';
import type { Wanted } from './request.js';

/** What is to be done: the plan, how it is begun, and what to tell when it is done. */
export interface Prepared {
  plan: Plan;
  begin: Begin;
  /** As the journal and the lock call it. */
  command: string;
  what: string;
  result: Outcome;
}

export interface Outcome {
  /** `tidied`: what was cut off is put in order, and nothing else was done. */
  outcome: 'restored' | 'undone' | 'forgotten' | 'tidied';
  /** The set that is restored, or was; null: a person's dump, or several. */
  set: string | null;
  /** By what everything that the restore made is called; null: several. */
  stamp: string | null;
  /** Databases that stand beside the live ones afterwards. */
  kept: string[];
  /** The database that was restored beside `live`, without taking its place; null: none was. */
  beside: { database: string; live: string } | null;
}

export interface Known {
  session: RestoreSession;
  /** Of the sets; empty: none. */
  identity: string;
  /** Whether a release is live. */
  isLive: boolean;
}

/** Has the cron container look at what there is, and plans by that; nothing is changed. */
export function prepare(wanted: Wanted, known: Known): Promise<Prepared> {
  return wanted.action === 'restore' ? prepareRestore(wanted, known) : prepareBack(wanted, known);
}

async function prepareRestore(wanted: Extract<Wanted, { action: 'restore' }>, { session, identity, isLive }: Known): Promise<Prepared> {
  const { request, file, safetySet } = wanted;
  const facts = await session.ask<RestoreFacts>({ do: 'look', request, identity });
  const intent = intentOf(facts, { request });
  const what = facts.set?.id ?? request.file?.name ?? '';
  return {
    plan: planRestore(facts, { request, file, safetySet, isLive }),
    begin: { action: 'restore', intent },
    command: 'restore',
    what,
    result: {
      outcome: 'restored',
      set: facts.set?.id ?? null,
      stamp: facts.stamp,
      kept: intent.swaps.flatMap(({ before }) => before ?? []),
      beside: besideOf(facts, intent),
    },
  };
}

function besideOf({ databases }: RestoreFacts, { beside }: Intent): Outcome['beside'] {
  const [made] = beside;
  const [database] = databases;
  return made && database ? { database: made.name, live: database.name } : null;
}

async function prepareBack(wanted: Wanted, { session, identity, isLive }: Known): Promise<Prepared> {
  const left = await session.ask<KeptRestores>({ do: 'look-back', identity });
  if (wanted.action !== 'undo') {
    const result: Outcome = { outcome: 'forgotten', set: null, stamp: null, kept: [], beside: null };
    return { plan: planForget(left), begin: { action: 'tidy' }, command: 'restore --forget', what: '', result };
  }
  // What was cut off is no state to undo anything from: whether it is taken back or complete shows when it is in order.
  if (left.cutOff.length > 0) {
    const result: Outcome = { outcome: 'tidied', set: null, stamp: null, kept: [], beside: null };
    return { plan: planTidy(left.cutOff), begin: { action: 'tidy' }, command: 'restore --undo', what: '', result };
  }
  const last = undoable(left);
  const plan = planUndo(last, { safetySet: wanted.safetySet, isLive });
  const redis = plan.steps.some((step) => step.kind === 'sidecar' && step.step.kind === 'swap-redis');
  const result: Outcome = {
    outcome: 'undone',
    set: last.set ?? null,
    stamp: last.stamp,
    kept: last.swaps.map(({ fresh }) => fresh),
    beside: null,
  };
  return { plan, begin: { action: 'undo', stamp: last.stamp, redis }, command: 'restore --undo', what: last.stamp, result };
}
