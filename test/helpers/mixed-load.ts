import { setTimeout as delay } from 'node:timers/promises';
import { type Load, startLoad } from '../../scripts/lib/load/load.js';
import { type Summary, summarise } from '../../scripts/lib/load/summary.js';
import { fetchFrom } from './http.js';
import { talkOverWebSocket, uploadSlowly } from './streams.js';

/** One go of a client that does something long. */
interface Go {
  /** Undefined: all was as it has to be. */
  error: string | undefined;
}

/** What clients met since a mark. */
export interface Met {
  /** GETs and POSTs, on kept and on fresh connections. */
  requests: Summary;
  slow: { ended: number; errors: string[] };
  uploads: { ended: number; errors: string[] };
  /** Websockets that ended: those that the edge closed at the end of a drain, and those that had no reason to. */
  sockets: { ended: number; errors: string[] };
  jobs: { ended: number; errors: string[] };
}

/** How far everybody was at a moment. */
export type Mark = Record<'requests' | 'slow' | 'uploads' | 'sockets' | 'jobs', number>;

export interface MixedLoad {
  mark: () => Mark;
  /** @returns what has ended since; all there was without a mark */
  since: (mark?: Mark) => Met;
  /** @returns the ids of the jobs that were accepted */
  jobs: () => readonly string[];
  /** @returns the releases that ever answered */
  releases: () => Set<string>;
  /** @returns how many POSTs were accepted */
  posted: () => number;
  /** Ends it, once everything in flight has ended. */
  stop: () => Promise<void>;
}

export interface MixedOptions {
  port: number;
  /** The stack's DRAIN_TIMEOUT (milliseconds): what is shorter has to end well, and a websocket lives at least as long. */
  drain: number;
  /** Whether the app takes jobs (POST /api/jobs). */
  jobs?: boolean;
}

/**
 * Clients of every kind at once, none of which tries anything twice: GETs and POSTs over kept and fresh connections, slow
 * requests and uploads that are shorter than the drain, websockets on which something is said all the time, jobs. It goes
 * on until it is stopped, an hour at most.
 */
export function startMixedLoad({ port, drain, jobs = false }: MixedOptions): MixedLoad {
  const requests: Load = startLoad({
    host: '127.0.0.1',
    port,
    connections: 4,
    fresh: 2,
    thinkTime: 120,
    get: '/api/whoami',
    post: { path: '/api/notes', body: '{"text":"a note"}' },
    limit: { requests: 500_000, milliseconds: 75 * 60_000 },
  });
  const ids: string[] = [];
  const long = drain * 0.6;
  const loops = {
    slow: repeat(2, () => slowRequest(port, long)),
    uploads: repeat(1, () => upload(port, long)),
    sockets: repeat(2, (stopped) => websocket(port, drain, stopped)),
    jobs: repeat(jobs ? 1 : 0, () => job(port, ids)),
  };
  const since = (mark?: Mark): Met => {
    const of = (name: keyof typeof loops) => {
      const goes = loops[name].goes.slice(mark?.[name] ?? 0);
      return { ended: goes.length, errors: goes.flatMap(({ error }) => error ?? []) };
    };
    return {
      requests: summarise(requests.samples.slice(mark?.requests ?? 0)),
      slow: of('slow'),
      uploads: of('uploads'),
      sockets: of('sockets'),
      jobs: of('jobs'),
    };
  };
  return {
    mark: () => ({
      requests: requests.samples.length,
      slow: loops.slow.goes.length,
      uploads: loops.uploads.goes.length,
      sockets: loops.sockets.goes.length,
      jobs: loops.jobs.goes.length,
    }),
    since,
    jobs: () => ids,
    releases: () => new Set(requests.samples.flatMap(({ release }) => release ?? [])),
    posted: () => requests.samples.filter(({ method, status }) => method === 'POST' && status > 199 && status < 300).length,
    stop: async () => {
      await Promise.all([requests.stop(), ...Object.values(loops).map((loop) => loop.stop())]);
    },
  };
}

/** @returns everything that a client has met and should not have, a line each */
export function lostIn({ requests: { lost, refused, reasons }, slow, uploads, sockets, jobs }: Met): string[] {
  const named = (name: string, errors: readonly string[]) => errors.map((error) => `${name}: ${error}`);
  return [
    ...(lost + refused > 0 ? [`requests: ${lost} lost, ${refused} refused: ${JSON.stringify(reasons)}`] : []),
    ...named('slow request', slow.errors),
    ...named('upload', uploads.errors),
    ...named('websocket', sockets.errors),
    ...named('job', jobs.errors),
  ];
}

/** Several clients that do the same over and over. */
function repeat(clients: number, go: (stopped: AbortSignal) => Promise<void>): { goes: Go[]; stop: () => Promise<void> } {
  const goes: Go[] = [];
  const over = new AbortController();
  const client = async (index: number) => {
    // Not all at the same beat.
    await delay(index * 700);
    while (!over.signal.aborted) {
      goes.push(
        await go(over.signal).then(
          () => ({ error: undefined }),
          (error: Error) => ({ error: error.message }),
        ),
      );
      await delay(50);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  return {
    goes,
    stop: async () => {
      over.abort();
      await all;
    },
  };
}

async function slowRequest(port: number, milliseconds: number): Promise<void> {
  const { status } = await fetchFrom({ port, path: `/api/slow?seconds=${milliseconds / 1_000}` });
  if (status !== 200) throw new Error(`answered ${status}`);
}

async function upload(port: number, milliseconds: number): Promise<void> {
  const { status } = await uploadSlowly(port, milliseconds);
  if (status !== 201) throw new Error(`answered ${status}`);
}

/** How soon a websocket has to be open (milliseconds), and how long it may stay silent before the end: it says something each 500 ms. */
const OPEN_MS = 5_000;
const SILENT_MS = 3_000;
/** The edge closes what is left at the end of a drain without a word. */
const CLOSED_BY_EDGE = /^1006/;

/** Nobody but the edge may close it, and only when the drain has gone on for its whole time: then it is opened anew, at once. */
async function websocket(port: number, drain: number, stopped: AbortSignal): Promise<void> {
  const { opened, ended, close } = talkOverWebSocket(port);
  const began = performance.now();
  const late = delay(OPEN_MS).then(() => 'late');
  const first = await Promise.race([opened, ended.then(({ end }) => end), late]);
  if (typeof first === 'string') {
    close();
    throw new Error(`could not be opened: ${first}`);
  }
  stopped.addEventListener('abort', close, { once: true });
  const { end, closed, last } = await ended;
  stopped.removeEventListener('abort', close);
  if (stopped.aborted) return;
  if (!CLOSED_BY_EDGE.test(end)) throw new Error(`closed with ${end}`);
  if (closed - began < drain * 0.9) throw new Error(`closed after ${Math.round(closed - began)} ms`);
  if (closed - last > SILENT_MS) throw new Error(`nothing came for the last ${Math.round(closed - last)} ms`);
}

async function job(port: number, ids: string[]): Promise<void> {
  const { status, body } = await fetchFrom({ port, path: '/api/jobs', method: 'POST', body: '{"payload":{"ms":40}}' });
  if (status !== 202) throw new Error(`answered ${status}`);
  ids.push((JSON.parse(body) as { id: string }).id);
  await delay(150);
}
