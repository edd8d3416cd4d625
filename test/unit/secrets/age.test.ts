import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { identityFile, newIdentity, parseIdentities, readIdentities } from '../../../scripts/lib/config/secrets/age/identities.js';
import { parseRecipients, readRecipients } from '../../../scripts/lib/config/secrets/age/recipients.js';
import { countRecipients, seal } from '../../../scripts/lib/config/secrets/age/seal.js';
import { assertDotenv, readEncryptedEnv } from '../../../scripts/lib/config/secrets/encrypted-env.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { pipeIn, temporaryFolder } from './folders.js';

const TEXT = 'DB_PASSWORD=hunter2-of-age\n# Ä 한글\nKEY="two\nlines"\n';
const folder = temporaryFolder();
let [ada, bob, eve]: string[] = [];
let sealed: string;
beforeAll(async () => {
  [ada, bob, eve] = await Promise.all([generateX25519Identity(), generateX25519Identity(), generateHybridIdentity()]);
  sealed = await seal(TEXT, await Promise.all([ada ?? '', bob ?? ''].map(identityToRecipient)));
});

/** @returns the path of a file with this content */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** @returns what it fails with, which is a kind line without any secret in it */
async function refusal(work: Promise<unknown>): Promise<UsageError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (!(error instanceof UsageError)) throw new Error(`it was no refusal: ${inspect(error)}`);
  expect(error.message).not.toContain('\n');
  expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/hunter2|AGE-SECRET-KEY-(PQ-)?1/);
  return error;
}

describe('an encrypted .env file', () => {
  test('is read by each of those it was encrypted for, and by nobody else', async () => {
    const path = file('.env.test.age', sealed);
    expect(await readEncryptedEnv(path, [ada ?? ''])).toBe(TEXT);
    expect(await readEncryptedEnv(path, [eve ?? '', bob ?? ''])).toBe(TEXT);
    const error = await refusal(readEncryptedEnv(path, [eve ?? '']));
    expect(error.message).toBe(`${path}: was not encrypted for your age identity`);
    expect((await refusal(readEncryptedEnv(path, [eve ?? '', eve ?? '']))).message).toMatch(
      /not encrypted for any of your 2 age identities$/,
    );
  });

  test('is text, so that a diff shows that it changed; files of age that are none are read as well', async () => {
    expect(sealed).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n[A-Za-z0-9+/=\n]+-----END AGE ENCRYPTED FILE-----\n$/);
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(ada ?? ''));
    expect(await readEncryptedEnv(file('binary.age', await encrypter.encrypt(TEXT)), [ada ?? ''])).toBe(TEXT);
    expect(await readEncryptedEnv(file('windows.age', `\n${sealed.replaceAll('\n', '\r\n')}`), [ada ?? ''])).toBe(TEXT);
  });

  test('says for how many it is', () => {
    expect(countRecipients(Buffer.from(sealed), '')).toBe(2);
  });

  test('without an identity, it is said where one is looked for', async () => {
    const error = await refusal(readEncryptedEnv(file('.env.test.age', sealed), []));
    expect(error.message).toMatch(/there is no age identity to decrypt it with$/);
    expect(error.hints.join()).toMatch(/AGE_IDENTITY_FILE.*keygen/);
  });

  test('that is not there, is a pipe, or is too large', async () => {
    expect((await refusal(readEncryptedEnv(join(folder, 'none.age'), [ada ?? '']))).message).toMatch(/there is no such file$/);
    expect((await refusal(readEncryptedEnv(pipeIn(folder, 'pipe.age'), [ada ?? '']))).message).toMatch(/is no regular file$/);
    expect((await refusal(readEncryptedEnv(file('large.age', 'x'.repeat(600_000)), [ada ?? '']))).message).toMatch(/at most 512000 bytes/);
  });

  test.each([
    ['a plain .env file', TEXT, /is no file that age has encrypted$/],
    ['nothing', '', /is no file that age has encrypted$/],
    ['bytes', Buffer.from([0xff, 0, 0xfe]), /is no file that age has encrypted$/],
  ])('that is %s', async (_, content, says) => {
    expect((await refusal(readEncryptedEnv(file('odd.age', content), [ada ?? '']))).message).toMatch(says);
  });

  test('that was encrypted with a passphrase', async () => {
    const encrypter = new Encrypter();
    encrypter.setScryptWorkFactor(10);
    encrypter.setPassphrase('hunter2');
    const path = file('passphrase.age', await encrypter.encrypt(TEXT));
    expect((await refusal(readEncryptedEnv(path, [ada ?? '']))).message).toMatch(/with a passphrase, not for recipients$/);
  });

  test('whose content is no text', async () => {
    const path = file('bytes.age', await seal(Uint8Array.from([0xff, 0xfe]), [await identityToRecipient(ada ?? '')]));
    expect((await refusal(readEncryptedEnv(path, [ada ?? '']))).message).toMatch(/is no text in UTF-8$/);
  });

  test('that was changed or cut off anywhere is never read, and always told in one line', async () => {
    const damage = fc.oneof(
      fc.record({ cut: fc.nat(sealed.length - 5) }),
      fc.record({ at: fc.integer({ min: 36, max: sealed.length - 36 }), by: fc.constantFrom(...'AZaz09+/=\n!') }),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        const broken = 'cut' in how ? sealed.slice(0, how.cut) : sealed.slice(0, how.at) + how.by + sealed.slice(how.at + 1);
        fc.pre(broken !== sealed);
        const error = await refusal(readEncryptedEnv(file('broken.age', broken), [ada ?? '']));
        expect(error.message).toMatch(/(is damaged|was not encrypted for your age identity|is no file that age has encrypted)/);
      }),
      { numRuns: 200 },
    );
  });

  test('a text that is no .env file is told by its lines, not by what stands in them', () => {
    expect(() => assertDotenv('A=1\nhunter2\n', 'x')).toThrow(expect.objectContaining({ details: ['x:2: should be KEY=value'] }));
  });
});

describe('identities', () => {
  test('are read from the variable and from the file, as age-keygen writes it', async () => {
    const path = file('keys.txt', `# created: today\r\n\n${bob}\r\n`);
    expect(await readIdentities({ AGE_IDENTITY: `${ada}, ${eve}`, AGE_IDENTITY_FILE: path })).toEqual([ada, eve, bob]);
  });

  test('a new one is written so that it is read again, and decrypts what is for its recipient', async () => {
    const { recipient, text } = await newIdentity();
    const [identity = ''] = await parseIdentities(text, 'x');
    expect(text).toContain(`# public key: ${recipient}\n`);
    expect(await identityToRecipient(identity)).toBe(recipient);
    expect(await readEncryptedEnv(file('new.age', await seal(TEXT, [recipient])), [identity])).toBe(TEXT);
  });

  test('are looked for in the person’s own folder, where none is no error', async () => {
    expect(identityFile({ XDG_CONFIG_HOME: folder })).toBe(join(folder, 'slipway/age-identity.txt'));
    expect(identityFile({})).toMatch(/^\/.*\/\.config\/slipway\/age-identity\.txt$/);
    expect(identityFile({ AGE_IDENTITY_FILE: '~/keys.txt' })).toMatch(/^\/(?!.*~).*\/keys\.txt$/);
    expect(await readIdentities({ XDG_CONFIG_HOME: folder })).toEqual([]);
  });

  test('a file that was named has to be there', async () => {
    const error = await refusal(readIdentities({ AGE_IDENTITY_FILE: join(folder, 'nowhere') }));
    expect(error.message).toMatch(/^AGE_IDENTITY_FILE: there is no file .*nowhere$/);
    expect((await refusal(readIdentities({ AGE_IDENTITY_FILE: folder }))).message).toMatch(/is a folder$/);
  });

  test('what is none is told by its line, never by itself', async () => {
    const typo = `${ada}`.replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q'));
    expect((await refusal(parseIdentities(`# x\n${typo}\n`, 'keys.txt'))).message).toMatch(/^keys\.txt:2: should be an age identity/);
    const mixedUp = await refusal(parseIdentities(await identityToRecipient(ada ?? ''), 'keys.txt'));
    expect(mixedUp.hints.join()).toContain('this is a recipient');
    expect((await refusal(readIdentities({ AGE_IDENTITY: 'hunter2' }))).message).toMatch(/^AGE_IDENTITY: should be/);
  });
});

describe('recipients', () => {
  const of = async (identity: string | undefined) => identityToRecipient(identity ?? '');

  test('are read a line each, with comments, each once', async () => {
    const [first, second] = [await of(ada), await of(eve)];
    const path = file('.env.test.recipients', `# ada\n${first}\n\n  ${second}   # eve, post-quantum\n${first}\r\n`);
    expect(await readRecipients(path)).toEqual([first, second]);
  });

  test('an identity among them is told at once, and not repeated', async () => {
    const error = await refusal(parseRecipients(`${await of(bob)}\n${ada}\n`, 'list'));
    expect(error.message).toMatch(/^list:2: is an identity, which has to stay secret/);
  });

  test('all lines that are none are told together', async () => {
    const text = `ssh-ed25519 AAAA\n${await of(ada)}\nage1qqqq\n${(await of(bob)).slice(0, -1)}\nada\n`;
    const error = await refusal(parseRecipients(text, 'list'));
    expect([error.message, ...error.details].map((line) => line.slice(0, 7))).toEqual(['list:1:', 'list:3:', 'list:4:', 'list:5:']);
    expect(error.message).toContain('SSH key');
  });

  test('nobody is an error', async () => {
    expect((await refusal(readRecipients(file('empty.recipients', '# nobody yet\n')))).message).toMatch(/names nobody/);
    expect((await refusal(readRecipients(join(folder, 'none.recipients')))).message).toMatch(/there is no such file/);
  });
});
