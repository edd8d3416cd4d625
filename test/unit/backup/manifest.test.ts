import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManifestError, readManifest, writeManifest } from '../../../scripts/lib/backup/manifest.js';
import { kinds, type Manifest } from '../../../scripts/lib/backup/set.js';
import { manifestOf, storedObject } from './sets.js';

const sample = manifestOf('2026-11-22T02:00:00.000Z', {
  release: 'v1.2-größer',
  recipients: ['age1qqqqqqqqqqqqqqqqqqqqqqqq'],
  objects: [
    { ...storedObject('db_app_20261122_020000.dump.zst'), rows: { 'public.users': 12, 'public."odd\u{fffd}name"': 0 } },
    { ...storedObject('redis_20261122_020000.rdb.zst', 'redis'), source: 'redis', keys: { total: 7, expires: 2 } },
  ],
});
const text = writeManifest(sample);

/** @returns the text with its checksum made right again, as a program that is not Slipway may do it */
function signed(change: (members: Record<string, unknown>) => Record<string, unknown>): string {
  const { checksum: _, ...rest } = change(JSON.parse(text));
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  return json({ ...rest, checksum: createHash('sha256').update(json(rest)).digest('hex') });
}

describe('writing and reading', () => {
  test('what is read is what was written', () => {
    expect(readManifest(text)).toEqual(sample);
    expect(readManifest(Buffer.from(text))).toEqual(sample);
    expect(text).toMatch(/^\{\n {2}"format": 1,\n[\s\S]*\n {2}"checksum": "[0-9a-f]{64}"\n\}\n$/);
  });

  test('the checksum is that of the same file without it, which other programs can compute', () => {
    const without = text.replace(/,\n {2}"checksum": "(.*)"\n/, '\n');
    expect(JSON.parse(text).checksum).toBe(createHash('sha256').update(without).digest('hex'));
  });

  test('the members have one order, whichever they were given in', () => {
    const backwards = Object.fromEntries(Object.entries(sample).reverse()) as unknown as Manifest;
    expect(writeManifest(backwards)).toBe(text);
  });

  test('a set of a stack without a release has none', () => {
    const manifest = { ...sample, release: undefined };
    expect(writeManifest(manifest)).not.toContain('"release"');
    expect(readManifest(writeManifest(manifest))).toEqual(manifest);
  });

  test('any manifest comes back the same', () => {
    const word = fc.string({ unit: 'binary', minLength: 1 });
    const counts = fc.dictionary(
      word.filter((key) => key !== '__proto__'),
      fc.nat(),
    );
    const object = fc.record({ source: word, rows: counts, seconds: fc.double({ min: 0, max: 1e9, noNaN: true }), bytes: fc.maxSafeNat() });
    fc.assert(
      fc.property(fc.array(object, { maxLength: 4 }), word, fc.subarray([...kinds], { minLength: 1 }), (objects, stack, some) => {
        const manifest = manifestOf('2026-11-22T02:00:00.000Z', {
          stack,
          kinds: some,
          objects: objects.map(({ bytes, ...rest }, index) => ({ ...storedObject(`o${index}`, 'files', bytes), ...rest })),
        });
        // -0 is written as 0.
        for (const one of manifest.objects) one.seconds += 0;
        for (const one of manifest.objects) one.plain.bytes = Math.min(one.plain.bytes, Number.MAX_SAFE_INTEGER);
        expect(readManifest(Buffer.from(writeManifest(manifest)))).toEqual(manifest);
      }),
    );
  });

  test.each([
    ['an object that leaves the folder', { objects: [storedObject('../x')] }],
    ["an object with the manifest's own name", { objects: [storedObject('manifest.json')] }],
    ['two objects of one name', { objects: [storedObject('a'), storedObject('a', 'redis')] }],
    ['no kinds', { kinds: [] }],
    ['a size that is no number', { objects: [storedObject('a', 'redis', Number.NaN)] }],
  ])('%s is not written', (_, rest) => {
    expect(() => writeManifest({ ...sample, ...rest } as Manifest)).toThrow();
  });
});

describe('damage', () => {
  test.each([0x01, 0x02, 0x04, 0x08, 0x10, 0x1e, 0x20, 0x40, 0x80, 0xff])('a byte changed by %i is found, wherever it is', (mask) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at] = bytes.readUInt8(at) ^ mask;
      expect(() => readManifest(flipped), `byte ${at}: ${flipped.subarray(Math.max(0, at - 20), at + 20)}`).toThrow(ManifestError);
    }
  });

  test('a manifest that ends early, or goes on, is found', () => {
    for (let end = 0; end < text.length; end++) expect(() => readManifest(text.slice(0, end))).toThrow(ManifestError);
    for (const more of ['\n', ' ', '\0', '{}', text]) expect(() => readManifest(text + more)).toThrow(ManifestError);
  });

  test.each([
    ['a byte order mark', `\u{feff}${text}`],
    ['line ends of Windows', text.replaceAll('\n', '\r\n')],
    ['another indent', `${JSON.stringify(JSON.parse(text))}\n`],
    ['an escape that means the same', text.replace('shop', '\\u0073hop')],
    ['a member that is there twice', text.replace('"stack": "shop"', '"stack": "spam",\n  "stack": "shop"')],
    ['a number written otherwise', text.replace('"seconds": 1.25', '"seconds": 1.250')],
    ['a checksum in capitals', text.replace(/"checksum": "(.*)"/, (line) => line.toUpperCase().replace('CHECKSUM', 'checksum'))],
  ])('%s is found', (_, changed) => {
    expect(changed).not.toBe(text);
    expect(() => readManifest(Buffer.from(changed))).toThrow(ManifestError);
  });
});

describe('what is wrong is said', () => {
  test.each([
    ['no JSON', 'the backup', /^the manifest is not JSON: /],
    ['nothing', '', /^the manifest is not JSON: /],
    ['a list', '[]\n', /^the manifest is not a JSON object$/],
    ['null', 'null\n', /^the manifest is not a JSON object$/],
    ['a newer format', signed((rest) => ({ ...rest, format: 2 })), /made by a newer Slipway: its format is 2, this one reads 1$/],
    ['no format', signed(({ format: _, ...rest }) => rest), /no known format: "format" should be 1, got undefined$/],
    ['a format that is a text', signed((rest) => ({ ...rest, format: '1' })), /no known format: "format" should be 1, got "1"$/],
    ['a member too many', signed((rest) => ({ ...rest, extra: 1 })), /shape of one: the whole: .*extra/],
    ['a member too few', signed(({ stack: _, ...rest }) => rest), /shape of one: stack: /],
    ['a set that is none', signed((rest) => ({ ...rest, set: 'today' })), /shape of one: set: should be a set id$/],
    ['a checksum of something else', text.replace('"v1.2-', '"v1.3-'), /damaged: its checksum does not fit its content$/],
    ['other white space', text.replace('": ', '":  '), /damaged: its content is right, but it is not written the way/],
    ['members in another order', signed(({ format, ...rest }) => ({ ...rest, format })), /damaged: its checksum does not fit/],
  ])('%s', (_, content, message) => {
    expect(() => readManifest(content)).toThrow(ManifestError);
    expect(() => readManifest(content)).toThrow(message);
  });

  test('each problem of the shape is a detail', () => {
    const content = signed(({ stack: _, ...rest }) => ({ ...rest, began: 'yesterday' }));
    try {
      readManifest(content);
      expect.unreachable();
    } catch (error) {
      expect((error as ManifestError).details).toEqual([
        expect.stringMatching(/^stack: /),
        'began: should be a moment such as 2026-11-22T02:00:00.000Z',
      ]);
    }
  });
});
