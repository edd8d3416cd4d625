import { z } from 'zod';
import { kinds } from '../set.js';
import { type FailureKind, failureKinds, type Job, perJob } from './jobs.js';

const moment = z.iso.datetime();
const bytes = z.int().nonnegative();
const seconds = z.number().nonnegative();
const counts = z.partialRecord(z.enum(failureKinds), z.int().nonnegative());

/** A set, as far as metrics and a person's first look need it. */
const setFacts = z.strictObject({
  set: z.string(),
  began: moment,
  ended: moment,
  /** As the objects lie in one store. */
  stored: bytes,
  /** Before compression and encryption. */
  plain: bytes,
  kinds: z.array(z.enum(kinds)),
});
export type SetFacts = z.infer<typeof setFacts>;

const success = z.strictObject({
  began: moment,
  ended: moment,
  /** How long the work took; of a drill, how long the restore did. */
  seconds,
  /** Backup: the set that was made. */
  made: setFacts.exactOptional(),
  /** Drill, verify: the set that was tried. */
  set: z.string().exactOptional(),
  /** Drill: false when only checksums could be read. */
  restored: z.boolean().exactOptional(),
  /** One line for a person. */
  note: z.string().exactOptional(),
});
export type Success = z.infer<typeof success>;

const failure = z.strictObject({
  at: moment,
  began: moment,
  kind: z.enum(failureKinds),
  message: z.string(),
  details: z.array(z.string()),
  by: z.enum(['daemon', 'command']),
  /** The due time that the daemon tried to serve. */
  due: moment.exactOptional(),
});
export type Failure = z.infer<typeof failure>;

/** How often the daemon has failed at one due time. */
const attempts = z.strictObject({ due: moment, count: z.int().positive(), ended: moment, reason: z.enum(['schedule', 'catch-up']) });
export type Attempts = z.infer<typeof attempts>;

/** Something is being done now, if its process still is there. */
const running = z.strictObject({
  since: moment,
  process: z.string(),
  by: z.enum(['daemon', 'command']),
  due: moment.exactOptional(),
  reason: z.enum(['schedule', 'catch-up']).exactOptional(),
});
export type RunningJob = z.infer<typeof running>;

const jobState = z.strictObject({
  running: running.exactOptional(),
  success: success.exactOptional(),
  failure: failure.exactOptional(),
  attempts: attempts.exactOptional(),
  /** Of which failure the webhook was told last, until it was told that all is well again. */
  announced: z.strictObject({ at: moment, kind: z.enum(failureKinds), due: moment.exactOptional() }).exactOptional(),
  failures: counts,
});
export type JobState = z.infer<typeof jobState>;

const facts = z.strictObject({
  /** When the stores were read. */
  read: moment,
  sets: z.int().nonnegative(),
  /** The newest whole set. */
  newest: setFacts.exactOptional(),
  /** When the oldest whole set was begun. */
  oldest: moment.exactOptional(),
  /** When a drill last restored any set. */
  verified: moment.exactOptional(),
  stores: z.array(z.strictObject({ name: z.string(), problem: z.string().exactOptional() })),
});
/** What the catalogue said when it was last read. */
export type Facts = z.infer<typeof facts>;

const stateSchema = z.strictObject({
  format: z.literal(1),
  /** When the first daemon of this stack started: nothing was due before. */
  since: moment.exactOptional(),
  facts: facts.exactOptional(),
  /** When a run of whatever process last changed what the stores have. */
  touched: moment.exactOptional(),
  jobs: z.strictObject({ backup: jobState, drill: jobState, vacuum: jobState, verify: jobState }),
});

/**
 * What the cron container remembers beside the catalogue. It lies on the scratch volume; when it is lost, what there is in
 * the stores still tells which runs were missed.
 */
export type State = z.infer<typeof stateSchema>;

/** @returns the state of a container that nothing has happened in */
export function emptyState(): State {
  return { format: 1, jobs: perJob(() => ({ failures: {} })) };
}

/** @returns the state in a file's content; undefined when it is not one */
export function parseState(text: string): State | undefined {
  try {
    return stateSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** @returns the state with something of one job changed */
export function withJob(state: State, job: Job, change: (before: JobState) => JobState): State {
  return { ...state, jobs: { ...state.jobs, [job]: change(state.jobs[job]) } };
}

/** @returns how often a job has failed in all, by what the failures were about */
export function failuresOf(state: State, job: Job): Record<FailureKind, number> {
  const counted = state.jobs[job].failures;
  return Object.fromEntries(failureKinds.map((kind) => [kind, counted[kind] ?? 0])) as Record<FailureKind, number>;
}
