import type { Colour } from '../config/names.js';

/** One request of a client, as the edge's log tells it. */
export interface EdgeRequest {
  /** When it was answered (milliseconds since 1970, by the edge's clock). */
  at: number;
  colour: Colour;
  status: number;
  /**
   * From asking the app to the beginning of its answer (milliseconds), all tries together: how fast a client sends or reads
   * is not in it. Undefined: the app was not asked, or the connection became a websocket.
   */
  milliseconds: number | undefined;
}

/** What nginx/conf.d/20-log.conf writes; strings, but for the status. */
interface LogLine {
  msec: string;
  status: number;
  colour: Colour;
  upstream_status: string;
  upstream_header_seconds: string;
  user_agent: string;
}

/**
 * @param line a line of the edge's log
 * @returns undefined when it is no request of a client: another line, one of the checks, or one that maintenance turned away
 */
export function parseRequest(line: string): EdgeRequest | undefined {
  const parsed = parseLine(line);
  if (!parsed) return undefined;
  const { msec, status, colour, upstream_status: upstream, upstream_header_seconds: seconds, user_agent: agent } = parsed;
  if (agent.startsWith('slipway-check') || (status === 503 && upstream === '')) return undefined;
  const tries = status === 101 ? [] : (seconds.match(/\d+(?:\.\d+)?/g) ?? []);
  const milliseconds = tries.length === 0 ? undefined : tries.reduce((sum, one) => sum + Number(one) * 1_000, 0);
  return { at: Number(msec) * 1_000, colour, status, milliseconds };
}

/** Lines of nginx's error log stand in the same stream; of lines that are longer than a pipe takes at once, two can get mixed up. */
function parseLine(line: string): LogLine | undefined {
  if (!line.startsWith('{"time"')) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
