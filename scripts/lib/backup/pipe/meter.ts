import { fileURLToPath } from 'node:url';
import type { Digest } from '../set.js';
import { type Child, ChildError } from './child.js';

/** What runs {@link file://./meter-program.ts}, which the image has beside the program. */
const PROGRAM = fileURLToPath(new URL('meter.mjs', import.meta.url));

/** A shell's words that put the meter between two programs of a pipeline. It keeps no objects: a small heap is enough. */
export const METER = `"${process.execPath}" --max-semi-space-size=1 "${PROGRAM}"`;

/**
 * Reads what the meter of a pipeline tells.
 *
 * @param onBytes told the number of bytes so far, now and then
 * @returns what went through all in all
 * @throws ChildError when the meter ended before its input did; how the pipeline ended tells why, so await that first
 */
export async function meterOf({ aside }: Child, onBytes?: (bytes: number) => void): Promise<Digest> {
  let text = '';
  for await (const chunk of aside) {
    const lines = (text + String(chunk)).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const [bytes, sha256] = line.split(' ');
      if (sha256) return { bytes: Number(bytes), sha256 };
      onBytes?.(Number(bytes));
    }
  }
  throw new ChildError('the checksum could not be made', { details: text ? [text] : [] });
}
