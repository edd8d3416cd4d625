import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkOpenssl, decryptOpenssl, type OpensslOptions } from '../../../scripts/lib/config/secrets/openssl.js';
import { temporaryFolder } from './folders.js';

const TEXT = 'DB_PASSWORD=hunter2\n# Ä 한글\n';
const PASSPHRASE = 'correct horse Ä';
const open = (sealed: Buffer | string, options: OpensslOptions = {}, passphrase: string | Buffer = PASSPHRASE) =>
  decryptOpenssl(Buffer.from(sealed as string), Buffer.from(passphrase as string), options, 'old.enc');

/** What OpenSSL 3.0.19 has made of {@link TEXT}, with -a, so that this holds where there is none. */
const made = [
  [
    'openssl 1.1 and later, without -pbkdf2',
    'U2FsdGVkX1+yl5/Vzh2+KbpBy1npPetmaXBw08zo0vNtq4H1EI74Sav0u7soF7CcpzKeRCk8vSTLgZKDv2fPsg==',
    { iterations: undefined, digest: 'sha256' },
  ],
  [
    'before 1.1',
    'U2FsdGVkX193NSUPNxMP+HVgklbAz1KiDd2Dqc3amwC45nIx+g3Spc/u6hdiOddrPszggw1kpOfIS8xVnEyF2Q==',
    { iterations: undefined, digest: 'md5' },
  ],
  [
    '-pbkdf2',
    'U2FsdGVkX19GmRMyhcSg4cIpbMXRrYAQCuJzmYiZqgw/kNZGbsLnUjZdYdNYNHRY1PGEvNmQVKjnZUbe2SERAQ==',
    { iterations: 10_000, digest: 'sha256' },
  ],
  [
    '-pbkdf2 -md sha512',
    'U2FsdGVkX18CG8BS7zDT6H1WznFiiL6ciCWkvSrlmdBvy2WvUlB5tbeT96I4W2TxuG0RRxlwazW76N4zmStSoQ==',
    { iterations: 10_000, digest: 'sha512' },
  ],
] as const;

describe('files that openssl has made', () => {
  test.each(made)('%s', (_, sealed, derivation) => {
    expect(open(sealed)).toEqual({ text: TEXT, derivation });
  });

  test('a wrong passphrase is told, and the passphrase is not', () => {
    for (const [, sealed] of made) {
      expect(() => open(sealed, {}, 'hunter2')).toThrow(/^old\.enc: does not decrypt to text: the passphrase is wrong/);
    }
  });

  test.each([
    ['', /does not begin with Salted__$/],
    ['DB_PASSWORD=x\n', /does not begin with Salted__$/],
    ['Salted__', /is cut off$/],
    ['Salted__12345678', /is cut off$/],
    ['Salted__12345678123', /is cut off$/],
    [`Salted__${'x'.repeat(40)}`, /does not decrypt to text/],
  ])('%j is told for what it is', (content, says) => {
    expect(() => open(content)).toThrow(says);
  });
});

test.each([
  [{ iterations: 0 }, /^--iter: /],
  [{ iterations: Number.NaN }, /^--iter: /],
  [{ iterations: 1e9 }, /^--iter: /],
  [{ digest: 'crc32' }, /^--digest: should be one of sha256, md5/],
])('%j is refused', (options, says) => {
  expect(() => checkOpenssl(options)).toThrow(says);
});

function version(): string | undefined {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

// The program itself is the judge; where it is not installed, the files above are.
describe.skipIf(version() === undefined)(`what ${version()?.trim() ?? 'openssl'} makes now`, () => {
  const folder = temporaryFolder();
  const passphraseFile = join(folder, 'passphrase');

  function encrypt(text: string, flags: readonly string[], passphrase = PASSPHRASE): Buffer {
    writeFileSync(passphraseFile, `${passphrase}\n`);
    const command = ['enc', '-aes-256-cbc', '-salt', ...flags, '-pass', `file:${passphraseFile}`];
    return execFileSync('openssl', command, { input: text, stdio: ['pipe', 'pipe', 'ignore'] });
  }

  test.each([
    [[], {}],
    [['-md', 'md5'], {}],
    [['-md', 'sha512', '-a'], {}],
    [['-pbkdf2'], {}],
    [['-pbkdf2', '-md', 'sha1'], {}],
    [['-pbkdf2', '-iter', '12345'], { iterations: 12_345 }],
    [['-iter', '1', '-md', 'sha384'], { iterations: 1, digest: 'sha384' }],
  ])('with %j is read with %j', (flags, options) => {
    expect(open(encrypt(TEXT, flags), options).text).toBe(TEXT);
  });

  test('another number of rounds than the usual has to be said', () => {
    expect(() => open(encrypt(TEXT, ['-pbkdf2', '-iter', '12345']))).toThrow(/--iter|does not decrypt/);
  });

  test('any text and any passphrase are read exactly', () => {
    const passphrases = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((one) => !/[\r\n\0]/.test(one));
    const texts = fc.string({ unit: fc.constantFrom(...'aB1 =#\n\tÄ한🔑"'), maxLength: 100 });
    fc.assert(
      fc.property(texts, passphrases, fc.constantFrom([], ['-pbkdf2'], ['-a', '-md', 'md5']), (text, passphrase, flags) => {
        expect(open(encrypt(text, flags, passphrase), {}, passphrase).text).toBe(text);
      }),
      { numRuns: 20 },
    );
  });
});
