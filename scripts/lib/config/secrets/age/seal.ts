import { armor, Decrypter, Encrypter } from 'age-encryption';
import { UsageError } from '../../../errors.js';

const HEADER = 'age-encryption.org/';
const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----';

/**
 * @param plain what to encrypt
 * @param recipients age recipients, already checked; each of them alone can decrypt it
 * @returns it in age's text form, which shows in a diff that it changed
 */
export async function seal(plain: string | Uint8Array, recipients: readonly string[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(plain));
}

/**
 * @param sealed a file that age has encrypted, in text form or not
 * @param identities age identities; one that it was encrypted for is enough
 * @param where the file, for the messages
 * @returns what was encrypted
 * @throws UsageError saying which: no identity, none of the right ones, damaged, not of age's making. What the library says
 *   is not repeated: it quotes the beginning of a file that was never encrypted
 */
export async function unseal(sealed: Uint8Array, identities: readonly string[], where: string): Promise<Uint8Array> {
  const bytes = withoutArmor(sealed, where);
  if (kindsOf(bytes, where).includes('scrypt')) {
    throw new UsageError(`${where}: was encrypted with a passphrase, not for recipients`, {
      hints: ['decrypt it by the program age, and encrypt the text anew: npx zx scripts/secrets.mjs encrypt'],
    });
  }
  if (identities.length === 0) throw noIdentity(where);
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(bytes);
  } catch (error) {
    throw /no identity matched/.test(String(error)) ? notForUs(where, identities.length) : damaged(where);
  }
}

/** @returns for how many recipients a file was encrypted: their names are not in it, by design */
export function countRecipients(sealed: Uint8Array, where: string): number {
  return kindsOf(withoutArmor(sealed, where), where).length;
}

function withoutArmor(sealed: Uint8Array, where: string): Uint8Array {
  const text = Buffer.from(sealed).toString('latin1');
  if (text.startsWith(HEADER)) return sealed;
  if (!text.trimStart().startsWith(ARMOR)) {
    throw new UsageError(`${where}: is no file that age has encrypted`, {
      hints: ['a plain one is encrypted by: npx zx scripts/secrets.mjs encrypt'],
    });
  }
  try {
    return armor.decode(text);
  } catch {
    throw damaged(where);
  }
}

/** @returns the kind of each recipient: https://age-encryption.org/v1, a line "-> kind …" for each in the header */
function kindsOf(bytes: Uint8Array, where: string): string[] {
  const [header, rest] = Buffer.from(bytes).toString('latin1').split('\n---', 2);
  if (rest === undefined) throw damaged(where);
  // Others may stand between, of a random kind, so that no reader relies on there being none.
  return [...(header ?? '').matchAll(/^-> (\S+)/gm)].map(([, kind = '']) => kind).filter((kind) => !kind.endsWith('-grease'));
}

function noIdentity(where: string): UsageError {
  return new UsageError(`${where}: there is no age identity to decrypt it with`, {
    hints: [
      'set AGE_IDENTITY_FILE to the file with yours, or AGE_IDENTITY to it',
      'none yet: npx zx scripts/secrets.mjs keygen   (then have your recipient added, and rekey typed by somebody who can read it)',
    ],
  });
}

function notForUs(where: string, count: number): UsageError {
  return new UsageError(`${where}: was not encrypted for ${count === 1 ? 'your age identity' : `any of your ${count} age identities`}`, {
    hints: ['have your recipient added to the .recipients file beside it, and rekey typed by somebody who can read it'],
  });
}

function damaged(where: string): UsageError {
  return new UsageError(`${where}: is damaged: cut off or changed since it was encrypted`, {
    hints: ['take it from the repository again, or from a backup; part of it cannot be read'],
  });
}
