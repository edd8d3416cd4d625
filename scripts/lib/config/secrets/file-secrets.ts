import { basename } from 'node:path';
import { UsageError } from '../../errors.js';
import { fromRoot } from '../files.js';
import { Secret } from '../secret.js';
import { unseal } from './age/seal.js';
import { readSmallFile } from './read-file.js';

/** Where the app's containers find its secrets. */
export const SECRETS_FOLDER = '/run/secrets';

/** A secret that is a file for the app as well, such as a cloud's service account key. */
export interface FileSecret {
  /** Its name in /run/secrets. */
  name: string;
  /** Where it is on this machine, absolute. */
  path: string;
}

/** With its content, as base64: it may be no text. */
export interface ReadFileSecret extends FileSecret {
  content: Secret;
}

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
/** The app's other secrets lie in the same folder, named like their keys. */
const KEY = /^[A-Z_][A-Z0-9_]*$/;
const SEALED = /\.age$/;

/**
 * @param entries what SECRET_FILES lists: `path`, or `name=path`; relative ones count from the project's folder
 * @returns each with its name: the one that was given, or the file's own, without `.age`
 * @throws UsageError listing every name that cannot be one, and every one that is there twice
 */
export function fileSecretsOf(entries: readonly string[]): FileSecret[] {
  const files = entries.map((entry) => {
    const [, given, path = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(entry) ?? [];
    return { name: given ?? basename(path).replace(SEALED, ''), path: fromRoot(path) };
  });
  const problems = files.flatMap(({ name, path }, index) => {
    const called = `SECRET_FILES: ${JSON.stringify(name)} (${path})`;
    if (!NAME.test(name)) return [`${called}: is no name; give it one: name=${path}`];
    if (KEY.test(name)) return [`${called}: is named like a key; give it another name: name=${path}`];
    return files.findIndex((other) => other.name === name) < index ? [`${called}: the name is there twice`] : [];
  });
  if (problems.length > 0) {
    const [first = '', ...more] = problems;
    throw new UsageError(first, { details: more });
  }
  return files;
}

/**
 * Reads them. What ends with `.age` is decrypted in memory, so that it may lie in the repository.
 *
 * @param identities asked for once there is something to decrypt
 * @throws UsageError when one is not there, is empty, too large for a secret, or cannot be decrypted
 */
export async function readFileSecrets(
  files: readonly FileSecret[],
  identities: () => Promise<readonly string[]>,
): Promise<ReadFileSecret[]> {
  const own = files.some(({ path }) => SEALED.test(path)) ? await identities() : [];
  return Promise.all(
    files.map(async ({ name, path }) => {
      const bytes = await readSmallFile(path, 'SECRET_FILES');
      const content = SEALED.test(path) ? await unseal(bytes, own, path) : bytes;
      if (content.length === 0) throw new UsageError(`SECRET_FILES (${path}): is empty`);
      return { name, path, content: new Secret(Buffer.from(content).toString('base64')) };
    }),
  );
}
