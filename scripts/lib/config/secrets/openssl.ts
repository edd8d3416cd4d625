import { createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto';
import { UsageError } from '../../errors.js';

/** How a key was made of a passphrase. */
export interface Derivation {
  /** What `-iter` said, with `-pbkdf2`; undefined is the old way, openssl's own without `-pbkdf2`. */
  iterations: number | undefined;
  digest: string;
}

/** What the person remembers of how a file was made; what is left out is tried. */
export interface OpensslOptions {
  iterations?: number | undefined;
  digest?: string | undefined;
}

const MARK = 'Salted__';
/** What `-md` may have been: openssl 1.1 and later take sha256 by default, older ones md5. */
export const opensslDigests = ['sha256', 'md5', 'sha512', 'sha384', 'sha1'] as const;
/** What `-pbkdf2` takes without `-iter`: openssl-enc(1). */
const DEFAULT_ITERATIONS = 10_000;
const MOST_ITERATIONS = 100_000_000;
const [SALT_BYTES, KEY_BYTES, IV_BYTES] = [8, 32, 16];

/**
 * Decrypts what `openssl enc -aes-256-cbc` has made: salted, in base64 (`-a`) or not. The format does not say how the key was made,
 * nor does it tell a wrong passphrase: what comes out as text is taken.
 *
 * @param file the file's content
 * @param passphrase as it was given to openssl, without a line end
 * @param where the file, for the messages
 * @returns the text, and how the key was made
 * @throws UsageError for what is no such file, and when nothing comes out as text
 */
export function decryptOpenssl(
  file: Buffer,
  passphrase: Buffer,
  options: OpensslOptions,
  where: string,
): { text: string; derivation: Derivation } {
  const sealed = withoutBase64(file);
  const body = sealed.subarray(MARK.length + SALT_BYTES);
  if (sealed.toString('latin1', 0, MARK.length) !== MARK) {
    throw new UsageError(`${where}: is no file of openssl enc: it does not begin with ${MARK}`, {
      hints: ['files that were made with -nosalt are not read; decrypt them by openssl, and type: npx zx scripts/secrets.mjs encrypt'],
    });
  }
  if (body.length === 0 || body.length % IV_BYTES !== 0) throw new UsageError(`${where}: is cut off`);
  const salt = sealed.subarray(MARK.length, MARK.length + SALT_BYTES);
  for (const derivation of derivations(options)) {
    const text = decrypted(body, keyOf(passphrase, salt, derivation));
    if (text !== undefined) return { text, derivation };
  }
  throw new UsageError(`${where}: does not decrypt to text: the passphrase is wrong, or the key was made in another way`, {
    hints: ['--iter N and --digest NAME say how, as -iter and -md did when it was encrypted; only -aes-256-cbc is read'],
  });
}

/** @throws UsageError for values that openssl would not take */
export function checkOpenssl({ iterations, digest }: OpensslOptions): void {
  if (iterations !== undefined && !(Number.isInteger(iterations) && iterations >= 1 && iterations <= MOST_ITERATIONS)) {
    throw new UsageError('--iter: should be a whole number such as 100000');
  }
  if (digest !== undefined && !(opensslDigests as readonly string[]).includes(digest)) {
    throw new UsageError(`--digest: should be one of ${opensslDigests.join(', ')}, got ${JSON.stringify(digest)}`);
  }
}

/** The likely ones first. `-iter` means `-pbkdf2`. */
function derivations({ iterations, digest }: OpensslOptions): Derivation[] {
  const digests = digest === undefined ? opensslDigests : [digest];
  const ways = iterations === undefined ? [DEFAULT_ITERATIONS, undefined] : [iterations];
  return digests.flatMap((one) => ways.map((way) => ({ iterations: way, digest: one })));
}

function keyOf(passphrase: Buffer, salt: Buffer, { iterations, digest }: Derivation): { key: Buffer; iv: Buffer } {
  const length = KEY_BYTES + IV_BYTES;
  const bytes =
    iterations === undefined ? bytesToKey(passphrase, salt, digest, length) : pbkdf2Sync(passphrase, salt, iterations, length, digest);
  return { key: bytes.subarray(0, KEY_BYTES), iv: bytes.subarray(KEY_BYTES, length) };
}

/** EVP_BytesToKey(3) with one round, which is what `enc` has: each block is the hash of the one before, passphrase and salt. */
function bytesToKey(passphrase: Buffer, salt: Buffer, digest: string, length: number): Buffer {
  let [all, block] = [Buffer.alloc(0), Buffer.alloc(0)];
  while (all.length < length) {
    block = createHash(digest).update(block).update(passphrase).update(salt).digest();
    all = Buffer.concat([all, block]);
  }
  return all;
}

/** @returns the text; undefined when the padding does not fit, or no text comes out: the key was another one */
function decrypted(body: Buffer, { key, iv }: { key: Buffer; iv: Buffer }): string | undefined {
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, iv);
    const plain = Buffer.concat([decipher.update(body), decipher.final()]);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(plain);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of these
    return /[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** `-a` writes base64 in lines of 64. */
function withoutBase64(file: Buffer): Buffer {
  const text = file.toString('latin1').trim();
  return /^U2FsdGVkX1[\w+/=\s]*$/.test(text) ? Buffer.from(text, 'base64') : file;
}
