import { UsageError } from '../errors.js';
import { calendarOf, type Period, periods } from './calendar.js';
import type { IncompleteSet } from './catalogue.js';
import { momentOf } from './keys.js';
import { type CataloguedSet, isWhole, kinds } from './set.js';

/** What is kept. Any one rule is enough to keep a set. */
export interface RetentionPolicy extends Readonly<Record<Period, number>> {
  /** Everything that is at most this many times 24 hours old. */
  days: number;
  /** This many of the newest whole sets, however old. */
  count: number;
  /** Where the days, weeks, months and years begin. */
  timezone: string;
}

/** What holds where nothing else is said. Of each of the newest 4 weeks and 12 months that have a whole set, the last one is kept. */
export const defaultPolicy: RetentionPolicy = { days: 30, count: 7, daily: 0, weekly: 4, monthly: 12, yearly: 0, timezone: 'UTC' };

/** So many of those that a drill has restored stay in any case: what is proven outlasts what is only hoped for. */
const VERIFIED_KEPT = 2;
const DAY_MS = 86_400_000;
/** No run goes on for so long. */
const LEFT_OVER_MS = 2 * DAY_MS;

export interface RetentionPlan {
  /** Newest first, each with all the rules that keep it. */
  keep: { set: CataloguedSet; because: string[] }[];
  /** Newest first. */
  remove: { set: CataloguedSet; because: string }[];
}

interface Dated {
  set: CataloguedSet;
  moment: Date;
}
/** Sets to keep, and why. */
type Rule = [because: string, sets: readonly Dated[]];

/**
 * Says which sets are to be kept. Every rule only ever adds sets to keep, and looks at no set newer than `now`: so a clock
 * that was wrong once removes nothing, a newer set brings no older one back, and of something never nothing remains.
 *
 * @param sets the catalogue's, in any order
 * @throws UsageError when the policy has a number that is none
 */
export function planRetention(sets: readonly CataloguedSet[], policy: RetentionPolicy, now: Date): RetentionPlan {
  checkPolicy(policy, now);
  const dated = sets.map((set) => ({ set, moment: momentOfSet(set) })).sort((a, b) => b.moment.getTime() - a.moment.getTime());
  const reasons = new Map<CataloguedSet, string[]>(dated.map(({ set }) => [set, []]));
  for (const [because, kept] of rulesFor(dated, policy, now)) {
    for (const { set } of kept) reasons.get(set)?.push(because);
  }
  const all = [...reasons].map(([set, because]) => ({ set, because }));
  return {
    keep: all.filter(({ because }) => because.length > 0),
    remove: all.filter(({ because }) => because.length === 0).map(({ set }) => ({ set, because: whyRemoved(set, policy) })),
  };
}

/** @returns the rules, `sets` being the newest first */
function rulesFor(sets: readonly Dated[], policy: RetentionPolicy, now: Date): Rule[] {
  const past = sets.filter(({ moment }) => moment <= now);
  const whole = past.filter(({ set }) => isWhole(set.manifest));
  const verified = whole.filter(({ set }) => set.verified !== undefined);
  return [
    ['pinned', sets.filter(({ set }) => set.pinned)],
    ['from the future', sets.filter(({ moment }) => moment > now)],
    ['newest whole set', whole.slice(0, 1)],
    [`one of the newest ${VERIFIED_KEPT} verified`, verified.slice(0, VERIFIED_KEPT)],
    ...kinds.map((kind): Rule => [`newest with ${kind}`, past.filter(({ set }) => set.manifest.kinds.includes(kind)).slice(0, 1)]),
    [`at most ${policy.days} days old`, past.filter(({ moment }) => now.getTime() - moment.getTime() <= policy.days * DAY_MS)],
    [`one of the newest ${policy.count}`, whole.slice(0, policy.count)],
    ...calendarRules(whole, policy),
  ];
}

/** The last set of each of the newest periods that have one: periods without a set do not count. */
function calendarRules(whole: readonly Dated[], policy: RetentionPolicy): Rule[] {
  const name = calendarOf(policy.timezone);
  return periods.map((period) => {
    const last = new Map<string, Dated>();
    for (const dated of whole) {
      const key = name(dated.moment, period);
      if (!last.has(key)) last.set(key, dated);
    }
    return [period, [...last.values()].slice(0, policy[period])];
  });
}

function whyRemoved({ manifest }: CataloguedSet, { days }: RetentionPolicy): string {
  const old = `older than ${days} days`;
  return isWhole(manifest) ? `${old}, and no other rule keeps it` : `${old}, and only ${manifest.kinds.join(', ')}`;
}

/**
 * Says which remains of killed runs can go: folders without a manifest that nobody wrote to for two days. A younger one may
 * belong to a run that is going on; a damaged set is for a person to look at, who may still get something out of it.
 */
export function planSweep(incomplete: readonly IncompleteSet[], now: Date): IncompleteSet[] {
  return incomplete.filter(({ set, fault, pinned, touched }) => {
    const newest = Math.max(Date.parse(touched), momentOf(set)?.getTime() ?? Number.POSITIVE_INFINITY);
    return fault === 'unfinished' && !pinned && now.getTime() - newest > LEFT_OVER_MS;
  });
}

function momentOfSet({ manifest }: CataloguedSet): Date {
  const moment = momentOf(manifest.set);
  if (moment === undefined) throw new Error(`${manifest.set} is no set id`);
  return moment;
}

/** A number that is none would compare as false everywhere, and so keep nothing. */
function checkPolicy(policy: RetentionPolicy, now: Date): void {
  if (Number.isNaN(now.getTime())) throw new Error('retention needs to know what time it is');
  const details = (['days', 'count', ...periods] as const)
    .filter((key) => !Number.isSafeInteger(policy[key]) || policy[key] < 0)
    .map((key) => `${key}: should be a whole number, got ${policy[key]}`);
  if (details.length > 0) throw new UsageError('the retention policy has problems', { details });
}
