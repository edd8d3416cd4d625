import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import type { Docker } from './docker.js';
import { demultiplexed } from './streams.js';

/**
 * @param since milliseconds since 1970, by the engine's clock
 * @param most how many lines at most, the newest ones
 * @returns the lines that a container has written to its standard output since then, oldest first
 */
export async function logLines(docker: Docker, container: string, since: number, most: number): Promise<string[]> {
  const raw = await docker.call(`reading the log of ${container}`, () =>
    docker.api.getContainer(container).logs({ stdout: true, stderr: false, follow: false, tail: most, since: since / 1_000 }),
  );
  return demultiplexed(raw).split('\n');
}

/**
 * Follows what a container writes to its standard output, until the signal is aborted or the container ends.
 *
 * @param since milliseconds since 1970, by the engine's clock
 */
export async function followLog(
  docker: Docker,
  container: string,
  since: number,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const stream = (await docker.call(`following the log of ${container}`, () =>
    docker.api.getContainer(container).logs({ stdout: true, stderr: false, follow: true, since: since / 1_000 }),
  )) as unknown as Readable;
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const out = new PassThrough();
  docker.api.modem.demuxStream(stream, out, out);
  // A stream that is cut short ends its reader like any other end.
  stream.once('close', () => out.end()).once('error', () => out.end());
  try {
    for await (const line of createInterface({ input: out })) onLine(line);
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}
