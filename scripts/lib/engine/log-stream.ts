import type { IncomingMessage } from 'node:http';
import { messageOf, SlipwayError } from '../errors.js';
import { type Docker, EngineError } from './docker.js';
import { framedReader, type LoggedLine, terminalReader } from './log-frames.js';

/** Which part of a log is read. */
export interface LogWindow {
  /** From this moment on, itself included; ISO 8601 in UTC with nine decimals, as {@link LoggedLine.at}. */
  since?: string | undefined;
  /** Up to this moment, itself included. */
  until?: string | undefined;
  /** How many lines at most, the newest ones. */
  tail?: number | undefined;
  /** Goes on with what is written from now on, until the container ends. */
  follow: boolean;
}

/**
 * Reads a container's log as it comes, a chunk's lines at a time. Nothing is read ahead of who asks for it, so a log of any
 * length takes the memory of one chunk.
 *
 * @param signal ends the reading without an error
 * @throws EngineError when the engine does not give the log; its status is 404 or 409 when the container is gone
 */
export async function* readLog(docker: Docker, container: string, window: LogWindow, signal: AbortSignal): AsyncGenerator<LoggedLine[]> {
  let response: IncomingMessage;
  try {
    response = await open(docker, container, window, signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  const isFramed = response.headers['content-type'] !== 'application/vnd.docker.raw-stream';
  const reader = isFramed ? framedReader() : terminalReader();
  try {
    for await (const chunk of response) {
      const lines = reader.push(chunk as Buffer);
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw new SlipwayError(`the log of ${container} broke off: ${messageOf(error)}`, { cause: error });
  } finally {
    response.destroy();
  }
  const rest = reader.end();
  if (rest.length > 0) yield rest;
}

/** @returns whether a container's log cannot be read any more because the container is gone, or going */
export function isGone(error: unknown): boolean {
  return error instanceof EngineError && (error.status === 404 || error.status === 409);
}

/** dockerode's own call gathers a log that is not followed, however long it is, before it gives any of it. */
function open(docker: Docker, container: string, { since, until, tail, follow }: LogWindow, signal: AbortSignal): Promise<IncomingMessage> {
  const options = {
    stdout: true,
    stderr: true,
    timestamps: true,
    follow,
    ...(since === undefined ? {} : { since: secondsOf(since) }),
    ...(until === undefined ? {} : { until: secondsOf(until) }),
    ...(tail === undefined ? {} : { tail }),
  };
  const call = { path: `/containers/${container}/logs?`, method: 'GET', isStream: true, statusCodes: { 200: true }, options };
  return docker.call(
    `reading the log of ${container}`,
    () =>
      new Promise((resolve, reject) => {
        docker.api.modem.dial({ ...call, abortSignal: signal } as never, (error: unknown, response: unknown) =>
          error ? reject(error) : resolve(response as IncomingMessage),
        );
      }),
  );
}

/** The engine's API takes seconds since 1970 with nine decimals. */
function secondsOf(moment: string): string {
  return `${Date.parse(`${moment.slice(0, 19)}Z`) / 1_000}.${moment.slice(20, 29)}`;
}
