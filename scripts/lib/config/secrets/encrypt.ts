import { readRecipients } from './age/recipients.js';
import { countRecipients, seal, unseal } from './age/seal.js';
import { assertDotenv } from './encrypted-env.js';
import type { SecretPaths } from './paths.js';
import { readSmallFile } from './read-file.js';
import { replaceFile } from './write-file.js';

/** Everybody may see what is encrypted. */
const MODE = 0o644;

/** How a file was written. */
export interface Sealed {
  file: string;
  recipients: number;
  /** Whether one of this person's identities can decrypt it. */
  readable: boolean;
}

/**
 * Encrypts the text of a .env file for those whom the list beside it names.
 *
 * @param text the .env file's text
 * @param where the text comes from, for the messages
 * @param identities this person's, to tell whether they will be able to read it
 * @throws UsageError when the text is no .env file, or there is nobody to encrypt for
 */
export async function encryptEnv(paths: SecretPaths, text: string, where: string, identities: readonly string[]): Promise<Sealed> {
  assertDotenv(text, where);
  return encryptFile(paths.encrypted, Buffer.from(text), paths.recipients, identities);
}

/**
 * Encrypts any content.
 *
 * @param file where it is written to, whole or not at all
 * @param list the file that names the recipients
 * @throws UsageError when there is nobody to encrypt for
 */
export async function encryptFile(file: string, content: Uint8Array, list: string, identities: readonly string[]): Promise<Sealed> {
  const recipients = await readRecipients(list);
  const sealed = await seal(content, recipients);
  await replaceFile(file, sealed, MODE);
  return { file, recipients: recipients.length, readable: await isReadable(sealed, identities) };
}

/**
 * Encrypts a file anew, for those whom the list names now.
 *
 * @returns how it was written, and for how many it was encrypted before
 * @throws UsageError when it cannot be decrypted, or there is nobody to encrypt for; the file is as it was then
 */
export async function rekey(file: string, list: string, identities: readonly string[]): Promise<Sealed & { before: number }> {
  const sealed = await readSmallFile(file);
  const content = await unseal(sealed, identities, file);
  return { ...(await encryptFile(file, content, list, identities)), before: countRecipients(sealed, file) };
}

async function isReadable(sealed: string, identities: readonly string[]): Promise<boolean> {
  return unseal(Buffer.from(sealed), identities, '').then(
    () => true,
    () => false,
  );
}
