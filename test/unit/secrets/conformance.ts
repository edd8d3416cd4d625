import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SecretProvider } from '../../../scripts/lib/config/secrets/providers/provider.js';
import { SlipwayError, UsageError } from '../../../scripts/lib/errors.js';

/** A place for secrets that a test can fill and break. */
export interface Bench {
  /** @returns a provider of these values; with `wanted`, one that was asked for these keys alone */
  holding: (values: Readonly<Record<string, string>>, wanted?: readonly string[]) => Promise<SecretProvider>;
  /** @returns a provider of a place that does not exist, and what its error has to say */
  missing: () => Promise<{ provider: SecretProvider; says: RegExp }>;
  /** Reads the values in a way in which that is not allowed. */
  forbidden: (values: Readonly<Record<string, string>>) => Promise<{ read: () => Promise<unknown>; says: RegExp }>;
  /** @returns a provider of a place that never answers, which it may give a second */
  silent: () => Promise<{ provider: SecretProvider; says: RegExp }>;
  /** Whether the place itself can hold the value. */
  carries?: (value: string) => boolean;
  /** How many sets of random values are tried. */
  runs?: number;
  /** Other words that must be in no message: what proves who is asking. */
  credentials?: () => readonly string[];
}

/** In every value of a test, so that one that gets out is found. */
const MARK = 'hunter2';

const nasty = {
  HASH: `${MARK}#not a comment`,
  DOLLAR: `${MARK}$HOME$$\${X:?no}$(id)`,
  QUOTES: `'${MARK}' "said"`,
  BACKTICK: `\`${MARK}\` "said"`,
  SPACES: `  ${MARK} with spaces \t `,
  AT: `${MARK}@host:5432/db?x=y&z=%20`,
  LINES: `-----BEGIN KEY-----\n${MARK}\n\n-----END KEY-----`,
  LAST_LINE: `${MARK}\n`,
  UNICODE: `${MARK}ÄÖÜ한글🔑é\u00a0`,
  BACKSLASH: `C:\\${MARK}\\n\\t`,
  EQUALS: `=${MARK}==`,
  JSON: `{"${MARK}":[1,"\\u0000"]}`,
  COMMENT: `#${MARK}`,
} as const;

/** @returns what a read fails with */
async function failure(read: () => Promise<unknown>): Promise<SlipwayError> {
  const error: unknown = await read().then(
    (values) => new Error(`it gave ${Object.keys(values as object).join(', ')}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SlipwayError)) throw error;
  return error;
}

/** What every provider does, whatever it is. */
export function conforms(name: string, bench: Bench): void {
  const { carries = () => true, runs = 20 } = bench;

  /** One line that says what and where, something to do about it, and no secret, wherever one looks. */
  function expectKind(error: SlipwayError, says: RegExp): void {
    expect(error.message).toMatch(says);
    for (const line of [error.message, ...error.details, ...error.hints]) expect(line).not.toMatch(/\n|\[object|undefined/);
    const all = `${inspect(error, { depth: 20, showHidden: true })} ${String(error.cause)} ${JSON.stringify(error)}`;
    for (const word of [MARK, ...(bench.credentials?.() ?? [])]) expect(all).not.toContain(word);
  }

  describe(name, () => {
    test('says what and where it is', async () => {
      const { name: said } = await bench.holding({ A_KEY: MARK });
      expect(said).toMatch(/^(file|age|docker|vault|aws) \S/);
      expect(said).not.toContain(MARK);
    });

    test.each(Object.entries(nasty).filter(([, value]) => carries(value)))('reads %s exactly as it is there', async (key, value) => {
      expect(await (await bench.holding({ [key]: value })).read()).toEqual({ [key]: value });
    });

    test('reads many keys at once, and again what has changed since', async () => {
      const values = Object.fromEntries(Object.entries(nasty).filter(([, value]) => carries(value)));
      const provider = await bench.holding(values);
      expect(await provider.read()).toEqual(values);
      expect(await provider.read()).toEqual(values);
      await bench.holding({ A_KEY: 'another' });
      expect(await provider.read()).toEqual({ A_KEY: 'another' });
    });

    test('reads any text exactly as it is there', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.string({ unit: fc.constantFrom(...'ab1#$\\\'"`\n =:{}\té,@%'), maxLength: 20 }),
      );
      const key = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/);
      await fc.assert(
        fc.asyncProperty(fc.dictionary(key, text.filter(carries), { minKeys: 1, maxKeys: 5 }), async (values) => {
          expect(await (await bench.holding(values)).read()).toEqual({ ...values });
        }),
        { numRuns: runs },
      );
    });

    test('takes the keys that it was asked for, and no other', async () => {
      const provider = await bench.holding({ A_KEY: `${MARK}-a`, ANOTHER: `${MARK}-b`, THIRD: `${MARK}-c` }, ['ANOTHER', 'A_KEY']);
      expect(await provider.read()).toEqual({ ANOTHER: `${MARK}-b`, A_KEY: `${MARK}-a` });
    });

    test('an empty value is a value', async () => {
      expect(await (await bench.holding({ A_KEY: '', ANOTHER: 'x' }, ['A_KEY'])).read()).toEqual({ A_KEY: '' });
    });

    test('says which of the keys that it was asked for is missing', async () => {
      const provider = await bench.holding({ A_KEY: MARK }, ['A_KEY', 'DB_PASSWORD']);
      const error = await failure(provider.read);
      expect(error).toBeInstanceOf(UsageError);
      expectKind(error, /DB_PASSWORD: is not there$/);
    });

    test('says all of them when several are', async () => {
      const error = await failure((await bench.holding({ A_KEY: MARK }, ['ONE', 'TWO'])).read);
      expectKind(error, /2 keys have problems$/);
      expect(error.details).toEqual(['ONE: is not there', 'TWO: is not there']);
    });

    test('says so when there is nothing', async () => {
      const { provider, says } = await bench.missing();
      const error = await failure(provider.read);
      expect(error).toBeInstanceOf(UsageError);
      expectKind(error, says);
    });

    test('says so when it may not read it', async () => {
      const { read, says } = await bench.forbidden({ A_KEY: MARK });
      const error = await failure(read);
      expect(error).toBeInstanceOf(UsageError);
      expectKind(error, says);
    });

    test('does not wait for ever', async () => {
      const { provider, says } = await bench.silent();
      const began = performance.now();
      expectKind(await failure(provider.read), says);
      expect(performance.now() - began).toBeLessThan(5_000);
    });
  });
}
