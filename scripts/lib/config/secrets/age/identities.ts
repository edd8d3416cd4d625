import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { UsageError } from '../../../errors.js';
import { projectRoot } from '../../root.js';
import { asText, NoSuchFileError } from '../read-file.js';

/** What says where identities are: raw text of keys. */
export interface IdentitySettings {
  AGE_IDENTITY?: string | undefined;
  AGE_IDENTITY_FILE?: string | undefined;
  XDG_CONFIG_HOME?: string | undefined;
}

/** @returns where the identity file is: what was set, or the place in the person's home; absolute */
export function identityFile({ AGE_IDENTITY_FILE, XDG_CONFIG_HOME }: IdentitySettings): string {
  if (AGE_IDENTITY_FILE) return resolve(projectRoot, AGE_IDENTITY_FILE.replace(/^~(?=\/)/, homedir()));
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'slipway', 'age-identity.txt');
}

/**
 * @returns the identities of AGE_IDENTITY, and those of the identity file; none at all is no error
 * @throws UsageError for what is none, and when the file that was set is not there; no identity is in any message
 */
export async function readIdentities(settings: IdentitySettings): Promise<string[]> {
  const given = await parseIdentities((settings.AGE_IDENTITY ?? '').replaceAll(',', '\n'), 'AGE_IDENTITY');
  const file = identityFile(settings);
  try {
    return [...given, ...(await parseIdentities(asText(await readWhole(file), file), file))];
  } catch (error) {
    // In the usual place there may be none; one that was named has to be there.
    if (error instanceof NoSuchFileError && !settings.AGE_IDENTITY_FILE) return given;
    throw error;
  }
}

/**
 * @param text what age-keygen writes: an identity a line, comments, blank lines
 * @param where it stands, for the messages
 */
export async function parseIdentities(text: string, where: string): Promise<string[]> {
  const identities: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (!(await isIdentity(line))) {
      throw new UsageError(`${where}${where === 'AGE_IDENTITY' ? '' : `:${index + 1}`}: should be an age identity (AGE-SECRET-KEY-…)`, {
        hints: line.startsWith('age1') ? ['this is a recipient, which encrypts; the identity beside it decrypts'] : [],
      });
    }
    identities.push(line);
  }
  return identities;
}

/** @returns a new identity, its recipient, and the text of its file, as age-keygen writes it */
export async function newIdentity(now = new Date()): Promise<{ recipient: string; text: string }> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  return { recipient, text: `# created: ${now.toISOString()}\n# public key: ${recipient}\n${identity}\n` };
}

/** The library would throw with its own words, some of them with the text in them. */
async function isIdentity(line: string): Promise<boolean> {
  return identityToRecipient(line).then(
    () => true,
    () => false,
  );
}

/** Here a pipe is fine: `AGE_IDENTITY_FILE=<(pass show age)` keeps it off the disk. */
async function readWhole(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new NoSuchFileError(`AGE_IDENTITY_FILE: there is no file ${file}`);
    if (code === 'EACCES') throw new UsageError(`AGE_IDENTITY_FILE: ${file} may not be read by this user`);
    if (code === 'EISDIR') throw new UsageError(`AGE_IDENTITY_FILE: ${file} is a folder`);
    throw error;
  }
}
