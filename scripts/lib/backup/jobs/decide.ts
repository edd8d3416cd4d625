import type { Result } from './run.js';

/** What is known of one job at one moment; runs are named by the times at which they were due. */
export interface Situation {
  /** The last time that was due, by its schedule. */
  latest: string;
  /** The last due time that its runner was told. */
  handled: string;
  /** The run that its runner was told to begin, and whose end has not been seen. */
  told: string | undefined;
  /** The run that is going on. */
  running: string | undefined;
  /** How its last run ended. */
  result: Result | undefined;
}

/** What is to be done about one job now. */
export type Decision =
  | { do: 'nothing' }
  | { do: 'begin'; run: string }
  | { do: 'settle'; result: Result }
  /** No runner has begun what was told. */
  | { do: 'replace'; untaken: string; run: string }
  /** It takes longer than its schedule allows. */
  | { do: 'complain'; running: string };

/**
 * Decides what a job needs: pure. A due time that is newer than the last one that was handled leads to one run, however
 * many were missed before it. A run that its runner has begun is waited for; one that no runner began until the job was due
 * again gives way to the newer one.
 */
export function decide({ latest, handled, told, running, result }: Situation): Decision {
  if (told === undefined) return isAfter(latest, handled) ? { do: 'begin', run: latest } : { do: 'nothing' };
  if (result?.run === told) return { do: 'settle', result };
  if (!isAfter(latest, told)) return { do: 'nothing' };
  return running === told ? { do: 'complain', running: told } : { do: 'replace', untaken: told, run: latest };
}

function isAfter(a: string, b: string): boolean {
  return Date.parse(a) > Date.parse(b);
}
