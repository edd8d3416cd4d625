import { type Duplex, PassThrough } from 'node:stream';
import type Dockerode from 'dockerode';

/**
 * Reads a running command's two streams, which come as one, until it ends.
 *
 * @param onLine called with each line of its standard output as it comes
 */
export async function collect(
  api: Dockerode,
  stream: Duplex,
  onLine?: (line: string) => void,
): Promise<{ stdout: string; stderr: string }> {
  const out = new PassThrough();
  const err = new PassThrough();
  let stdout = '';
  let stderr = '';
  let rest = '';
  out.on('data', (chunk: Buffer) => {
    stdout += chunk;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (onLine) for (const line of lines) onLine(line);
  });
  err.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  api.modem.demuxStream(stream, out, err);
  await new Promise<void>((resolve, reject) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
    stream.once('error', reject);
  });
  return { stdout, stderr };
}

/**
 * @param frames a finished log: one byte for the stream, three of nothing, four for the length, then the text; repeated
 * @returns both streams' text
 */
export function demultiplexed(frames: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= frames.length; ) {
    const length = frames.readUInt32BE(at + 4);
    text += frames.toString('utf8', at + 8, at + 8 + length);
    at += 8 + length;
  }
  return text;
}
