import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../../../errors.js';
import { schema, secretKeys } from '../../schema.js';
import { asText, readSmallFile } from '../read-file.js';
import { fieldsOf, type SecretProvider } from './provider.js';

export interface DockerOptions {
  /** A folder with a file for each key, named like it or in lower case; it may be missing. */
  folder: string;
  /** Where `<KEY>_FILE` is looked for, which counts before the folder. */
  variables: Readonly<Record<string, string | undefined>>;
  wanted?: readonly string[];
}

/**
 * Docker's way of giving a container secrets: as files, by default in /run/secrets, whose paths stand in variables such as
 * DB_PASSWORD_FILE (the convention of the official images).
 */
export function dockerSecrets({ folder, variables, wanted = [] }: DockerOptions): SecretProvider {
  const path = resolve(folder);
  const name = `docker ${path}`;
  return {
    name,
    read: async () => {
      const files = { ...(await filesIn(path)), ...filesOf(variables) };
      const values = await Promise.all(Object.entries(files).map(async ([key, file]) => [key, await readValue(key, file)] as const));
      if (values.length === 0) throw nothing(name);
      return fieldsOf(name, Object.fromEntries(values), wanted);
    },
  };
}

/** @returns the files that `<KEY>_FILE` names; a key that is itself called so (TLS_KEY_FILE) is none */
function filesOf(variables: DockerOptions['variables']): Record<string, string> {
  const named = secretKeys.filter((key) => !Object.hasOwn(schema.shape, `${key}_FILE`) && variables[`${key}_FILE`]);
  const twice = named.filter((key) => variables[key]);
  if (twice.length > 0) {
    const details = twice.map((key) => `${key}: is set, and ${key}_FILE as well; only one of them may be`);
    throw new UsageError(details[0] ?? '', { details: details.slice(1) });
  }
  return Object.fromEntries(named.map((key) => [key, resolve(variables[`${key}_FILE`] ?? '')]));
}

/** @returns the files of a folder that are named like keys; Kubernetes and others put links there */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = (await list(folder)).filter((name) => /^([A-Z_][A-Z0-9_]*|[a-z_][a-z0-9_]*)$/.test(name)).sort();
  const files: Record<string, string> = {};
  for (const name of names) {
    const [key, file] = [name.toUpperCase(), join(folder, name)];
    if ((await stat(file)).isDirectory()) continue;
    if (files[key] !== undefined)
      throw new UsageError(`${folder}: has ${key} and ${name}, and only one of them can be the value of ${key}`);
    files[key] = file;
  }
  return files;
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'EACCES') throw new UsageError(`SECRETS_FOLDER: ${folder} may not be read by this user`);
    if (code === 'ENOTDIR') throw new UsageError(`SECRETS_FOLDER: ${folder} is no folder`);
    throw error;
  }
}

/** Files that were made with an editor or `echo` end with a line break, which is none of the value's. */
async function readValue(key: string, file: string): Promise<string> {
  return asText(await readSmallFile(file, key), file).replace(/\r?\n$/, '');
}

function nothing(name: string): UsageError {
  return new UsageError(`${name}: there are no secrets`, {
    hints: ['SECRETS_FOLDER: should hold a file for each key, named like it', 'or set DB_PASSWORD_FILE and so on to files'],
  });
}
