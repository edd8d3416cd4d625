import { setFactsOf } from '../../../scripts/lib/backup/daemon/facts.js';
import type { Job } from '../../../scripts/lib/backup/daemon/jobs.js';
import type { Plan } from '../../../scripts/lib/backup/daemon/report.js';
import { emptyState, type Facts, type Failure, type State, type Success } from '../../../scripts/lib/backup/daemon/state.js';
import { parseSchedule } from '../../../scripts/lib/backup/schedule.js';
import { manifestOf, storedObject } from './sets.js';

/** The whole plan of .env's defaults: backups at 02:00, drills at 04:00, VACUUM on the first of the month. */
export const plan: Plan = {
  stack: 'shop',
  schedules: {
    backup: parseSchedule('0 2 * * *', 'UTC'),
    drill: parseSchedule('0 4 * * *', 'UTC'),
    vacuum: parseSchedule('30 3 1 * *', 'UTC'),
  },
  jitter: 0,
};

/** @returns what is known of a set that was begun then: two objects, 110 bytes as stored */
export function setFacts(began: string) {
  return setFactsOf(manifestOf(began, { objects: [storedObject('db', 'postgres', 100), storedObject('redis', 'redis', 10)] }));
}

/** @returns what the stores say that have one set */
export function facts(began: string, rest: Partial<Facts> = {}): Facts {
  const newest = setFacts(began);
  return { read: newest.ended, sets: 1, newest, oldest: newest.began, stores: [{ name: 'local' }], ...rest };
}

export function success(ended: string, rest: Partial<Success> = {}): Success {
  return { began: ended, ended, seconds: 0, ...rest };
}

export function failure(at: string, rest: Partial<Failure> = {}): Failure {
  return { at, began: at, kind: 'store', message: 's3://bucket: it is full', details: [], by: 'daemon', ...rest };
}

/** @returns the state of a stack whose first daemon started on the 1st of November */
export function stateOf(rest: Partial<State> = {}, jobs: Partial<Record<Job, Partial<State['jobs'][Job]>>> = {}): State {
  const empty = emptyState();
  const changed = Object.fromEntries(Object.entries(jobs).map(([job, change]) => [job, { ...empty.jobs[job as Job], ...change }]));
  return { ...empty, since: '2026-11-01T00:00:00.000Z', ...rest, jobs: { ...empty.jobs, ...changed } };
}
