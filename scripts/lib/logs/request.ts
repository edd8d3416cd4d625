import { UsageError } from '../errors.js';
import type { LineFilter } from './filter.js';
import { type Level, levelNamed, levels } from './levels.js';
import { parseMoment } from './moment.js';

/** What of the logs is asked for. */
export interface LogsRequest extends LineFilter {
  /** None: all services. */
  services: readonly string[];
  follow: boolean;
  /** As they were typed: a duration counts from the moment that the engine is asked. */
  since: string | undefined;
  until: string | undefined;
  /** How many lines of each container, the newest ones; undefined: all. */
  tail: number | undefined;
}

/** The flags of `logs` as they were typed. */
export interface LogsFlags {
  follow?: boolean;
  since?: string;
  until?: string;
  tail?: string;
  level?: string;
  'known-level'?: boolean;
  request?: string;
}

/**
 * Reads the flags; pure.
 *
 * @throws UsageError with a line for each problem
 */
export function parseLogs(services: readonly string[], flags: LogsFlags): LogsRequest {
  const { since, until, tail = 'all', level, request } = flags;
  const problems = [...momentProblem('since', since), ...momentProblem('until', until)];
  if (!/^(all|\d{1,9})$/.test(tail)) problems.push(`--tail: should be a whole number such as 100, or all, got ${JSON.stringify(tail)}`);
  const least = level === undefined ? undefined : levelNamed(level);
  if (level !== undefined && least === undefined)
    problems.push(`--level: should be ${Object.keys(levels).join(', ')}, got ${JSON.stringify(level)}`);
  if (flags['known-level'] && level === undefined) problems.push('--known-level: goes with --level alone');
  // Shorter ones would be found everywhere by accident; the edge's have 32 characters.
  if (request !== undefined && !/^[\w.:-]{6,128}$/.test(request))
    problems.push(`--request: should be an id as X-Request-ID has it, at least 6 letters and digits long, got ${JSON.stringify(request)}`);
  if (problems.length > 0) throw refusal(problems);
  return {
    services,
    follow: flags.follow === true,
    since,
    until,
    tail: tail === 'all' ? undefined : Number(tail),
    level: least as Level | undefined,
    onlyKnown: flags['known-level'] === true,
    request,
  };
}

function momentProblem(flag: string, text: string | undefined): string[] {
  if (text === undefined || parseMoment(text, Date.now()) !== undefined) return [];
  return [`--${flag}: should be how long ago, such as 10m, or a time such as 2026-05-01T12:00:00Z, got ${JSON.stringify(text)}`];
}

function refusal(problems: readonly string[]): UsageError {
  const [first = ''] = problems;
  return new UsageError(problems.length === 1 ? first : `the flags have ${problems.length} problems`, {
    details: problems.length === 1 ? [] : problems,
    hints: ['type: npx zx scripts/logs.mjs backend --since 10m --level warn'],
  });
}
