import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quoteDotenv } from '../../../scripts/lib/config/dotenv-file.js';
import { keys } from '../../../scripts/lib/config/layers.js';
import { loadConfig } from '../../../scripts/lib/config/load.js';
import { defaults } from '../../../scripts/lib/config/schema.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { goodSecrets } from '../fixtures.js';
import { envText } from './env-files.js';

const RUNS = { numRuns: 5_000 };
const FEWER = { numRuns: 1_000 };
/** Each run writes and reads a file, which a busy machine takes its time for (milliseconds). */
const PATIENCE = 240_000;
/** A key in front, or the number of a line behind a file's name. */
const NAMES_ITS_PLACE = /^[\w.-]+: |:\d+: /;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a hand that slips, an editor of another system or a broken disk leaves in a file. */
const junk = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abAB01_=:#$\\\'"`{}()[]<>,;.@%!*&|^~+-/ \t\r\n\0€é😀\uFEFF\u2028'), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('export ', '=', '==', '"', "'", '$(id)', '../../etc/passwd', '/dev/null', 'a'.repeat(5_000), '0', '-1', '1e9', 'NaN'),
);
const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...keys) },
  fc.constantFrom('__proto__', 'constructor', 'toString', 'HTTP_PROT'),
  junk,
);
const line = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(key, fc.constantFrom('=', ' = ', ': ', ':', ' '), junk).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.tuple(key, fc.constantFrom(...Object.values(defaults))).map(([name, value]) => `${name}=${value}`) },
  { weight: 1, arbitrary: junk },
);
const malformed = fc
  .tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\r\n', '\r', '\n\n'))
  .map(([lines, end]) => lines.join(end));

/** Loads a file, and looks at how it is refused if it is. @returns whether it was */
async function isRefusedWell(file: string): Promise<boolean> {
  try {
    await loadConfig(file, {});
    return false;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.exitCode).toBe(2);
    expect(error.details.length).toBeGreaterThan(0);
    for (const detail of error.details) expect(detail).toMatch(NAMES_ITS_PLACE);
    return true;
  }
}

test(
  'a malformed .env file is taken or refused with keys and lines, and nothing else ever happens',
  async () => {
    const file = join(folder, 'any');
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(malformed, fc.boolean(), async (text, isWhole) => {
        // Half of them have all that is needed before what is wrong with them.
        writeFileSync(file, isWhole ? `${envText(goodSecrets)}${text}` : text);
        if (await isRefusedWell(file)) refused++;
      }),
      RUNS,
    );
    expect(refused).toBeGreaterThan(RUNS.numRuns / 2);
  },
  PATIENCE,
);

test('the same goes for the file of an environment beside a good one', async () => {
  const file = join(folder, 'good');
  await fc.assert(
    fc.asyncProperty(malformed, fc.constantFrom('production', 'development'), async (text, environment) => {
      writeFileSync(file, `SLIPWAY_ENV=${environment}\n${envText(goodSecrets)}`);
      writeFileSync(`${file}.${environment}`, text);
      await isRefusedWell(file);
    }),
    FEWER,
  );
});

test('bytes that are no text are taken or refused in the same way', async () => {
  const file = join(folder, 'bytes');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
      writeFileSync(file, Buffer.concat([Buffer.from(envText(goodSecrets)), bytes]));
      await isRefusedWell(file);
    }),
    FEWER,
  );
});

test('a secret arrives as it was written, whatever is in it', async () => {
  const file = join(folder, 'secrets');
  const nasty = fc.string({ unit: fc.constantFrom(...'ab1#$\\\'"`@ \n=:{}\té€😀'), minLength: 1, maxLength: 30 });
  const isQuotable = (value: string) => {
    try {
      return quoteDotenv(value) !== '';
    } catch {
      return false;
    }
  };
  await fc.assert(
    fc.asyncProperty(nasty.filter(isQuotable), nasty.filter(isQuotable), async (one, other) => {
      writeFileSync(file, envText({ ...goodSecrets, SLIPWAY_ENV: 'test', SECRET_KEY: one, DB_PASSWORD: other }));
      const { secrets } = await loadConfig(file, {});
      expect([secrets.SECRET_KEY.reveal(), secrets.DB_PASSWORD.reveal()]).toEqual([one, other]);
    }),
    FEWER,
  );
});
