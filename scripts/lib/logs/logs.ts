import { setMaxListeners } from 'node:events';
import type { Config } from '../config/load.js';
import { chosen } from '../deploy/services.js';
import { openStack } from '../deploy/stack.js';
import { containersOf } from '../deploy/state.js';
import { arrivals } from './arrivals.js';
import { filterOf } from './filter.js';
import { Following } from './follow.js';
import { merged } from './merge.js';
import { justAfter, type Moment, momentAt, parseMoment } from './moment.js';
import { linesOf, type Reading } from './read-source.js';
import type { LogsRequest } from './request.js';
import { type LogLine, type LogSource, sourcesOf } from './source.js';

/** What is older than this (milliseconds) has arrived in the engine's files, and is history; what is younger is followed. */
const SETTLED_MS = 1_000;
/** The longest time that a timer can be set to (milliseconds). */
const LONGEST_MS = 2 ** 31 - 1;

/** The logs of a stack. */
export interface Logs {
  /** The containers that there are, running or not. */
  sources: readonly LogSource[];
  /** Their lines by time, some at once. */
  lines: AsyncGenerator<LogLine[]>;
}

/**
 * Opens the logs of a stack's services, of both colours; takes no lock and changes nothing.
 *
 * @param dotenv the path that --dotenv gave
 * @param signal ends the lines without an error
 * @throws UsageError for a service that is not there
 */
export async function openLogs(dotenv: string | undefined, request: LogsRequest, options: Pick<Reading, 'signal' | 'warn'>): Promise<Logs> {
  const { docker, config } = await openStack(dotenv);
  const needsTime = request.follow || request.since !== undefined || request.until !== undefined;
  const [all, now] = await Promise.all([containersOf(docker, config.names), needsTime ? docker.time() : 0]);
  const sources = chosen(sourcesOf(all), request.services);
  if (sources.length === 0) options.warn(`there is no container of ${config.settings.STACK}${request.follow ? ' yet' : ''}`);
  // Every stream listens to it.
  setMaxListeners(0, options.signal);
  return { sources, lines: linesBy({ ...options, docker }, config, request, sources, now) };
}

/** History first, merged from end to end; then what is written from now on. */
async function* linesBy(
  reading: Reading,
  config: Config,
  request: LogsRequest,
  sources: readonly LogSource[],
  now: number,
): AsyncGenerator<LogLine[]> {
  const [since, until] = [momentOf(request.since, now), momentOf(request.until, now)];
  const settled = momentAt(now - SETTLED_MS);
  const isFollowed = request.follow && (until === undefined || until > settled);
  const end = isFollowed ? settled : until;
  if (request.tail !== 0 && (since === undefined || end === undefined || since <= end))
    yield* history(reading, request, sources, { since, until: end });
  if (!isFollowed || reading.signal.aborted) return;
  const from = since !== undefined && since > settled ? since : justAfter(settled);
  yield* following(ending(reading, until, now), config, request, sources, { since: from, until });
}

function history(
  reading: Reading,
  request: LogsRequest,
  sources: readonly LogSource[],
  span: { since: Moment | undefined; until: Moment | undefined },
) {
  const isWanted = filterOf(request);
  const window = { ...span, tail: request.tail, follow: false };
  return merged(sources.map((source) => filtered(linesOf(reading, source, window), isWanted)));
}

async function* filtered(batches: AsyncIterable<LogLine[]>, isWanted: ((line: LogLine) => boolean) | undefined): AsyncGenerator<LogLine[]> {
  for await (const lines of batches) yield isWanted ? lines.filter(isWanted) : lines;
}

/**
 * Follows those that there are, and joins what starts. The engine is listened to before it is asked again what there is: what was
 * made while the history was read is missed by neither.
 */
async function* following(
  reading: Reading,
  { names }: Config,
  request: LogsRequest,
  known: readonly LogSource[],
  span: { since: Moment; until: Moment | undefined },
): AsyncGenerator<LogLine[]> {
  const { docker, signal } = reading;
  const isChosen = ({ service }: LogSource) => request.services.length === 0 || request.services.includes(service);
  const follow = new Following({ ...reading, ...span, isWanted: filterOf(request) });
  const starting = await arrivals(docker, names, signal);
  const there = sourcesOf(await containersOf(docker, names)).filter(isChosen);
  for (const source of there) follow.join(source, known.some(({ id }) => id === source.id) ? request.tail : undefined);
  const listening = (async () => {
    for await (const source of starting) if (isChosen(source)) follow.join(source);
  })();
  listening.catch((error: unknown) => follow.fail(error));
  yield* follow.lines();
}

/** @returns the same, which ends when `until` has come */
function ending(reading: Reading, until: Moment | undefined, now: number): Reading {
  if (until === undefined) return reading;
  const left = Math.min(LONGEST_MS, Math.max(0, Date.parse(until) - now) + SETTLED_MS);
  const signal = AbortSignal.any([reading.signal, AbortSignal.timeout(left)]);
  setMaxListeners(0, signal);
  return { ...reading, signal };
}

function momentOf(text: string | undefined, now: number): Moment | undefined {
  return text === undefined ? undefined : parseMoment(text, now);
}
