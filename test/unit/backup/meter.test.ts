import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Child, start } from '../../../scripts/lib/backup/pipe/child.js';
import { feed } from '../../../scripts/lib/backup/pipe/feed.js';
import { meterOf } from '../../../scripts/lib/backup/pipe/meter.js';

/** As it is built for the image. */
const PROGRAM = fileURLToPath(new URL('../../../dist/bundle/meter.mjs', import.meta.url));
const metering = (rest = '') => start('bash', ['--norc', '-c', `set -o pipefail; cat | "$0" "$1" ${rest}`, process.execPath, PROGRAM]);

async function read({ stdout }: Child): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdout) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test.each([0, 1, 65_536, 5_000_001])('the meter passes %i bytes on and tells their number and checksum', async (size) => {
  const content = Buffer.alloc(size, 'some bytes, ');
  const child = metering();
  const [fed, out, digest] = await Promise.all([feed(Readable.from([content]), child), read(child), meterOf(child)]);
  await child.ended;
  expect(fed).toBe(true);
  expect(out.equals(content)).toBe(true);
  expect(digest).toEqual({ bytes: size, sha256: createHash('sha256').update(content).digest('hex') });
});

test('a meter whose reader goes away ends with one line, and tells no checksum', async () => {
  const child = metering('| head -c 10');
  const digest = meterOf(child);
  const refused = expect(digest).rejects.toThrow('the checksum could not be made');
  await Promise.all([feed(Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(1_000_000))), child), read(child)]);
  await refused;
  await expect(child.ended).rejects.toMatchObject({ details: [expect.stringMatching(/^meter: EPIPE/)] });
});

test('what the meter says on the way is progress, and nothing but its last word is the result', async () => {
  const said: number[] = [];
  const child = { aside: Readable.from(['10\n2', '0\n', `30 ${'a'.repeat(64)}\n`]) } as unknown as Child;
  expect(await meterOf(child, (bytes) => said.push(bytes))).toEqual({ bytes: 30, sha256: 'a'.repeat(64) });
  expect(said).toEqual([10, 20]);
});
