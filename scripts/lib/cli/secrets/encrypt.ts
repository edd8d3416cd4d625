import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { rekey as encryptAnew, encryptEnv, encryptFile, type Sealed } from '../../config/secrets/encrypt.js';
import { asText, readSmallFile } from '../../config/secrets/read-file.js';
import { UsageError } from '../../errors.js';
import { askOnTerminal } from '../ask.js';
import type { Arguments } from '../command.js';
import type { Output } from '../output.js';
import { type SecretsAction, textOf } from './action.js';
import { placesOf } from './places.js';

/** Encrypts an environment's plain file, or what comes on standard input. */
export const encrypt: SecretsAction = async (given, output) => {
  const [environment, source] = given.words;
  const { paths, identities } = await placesOf(given, environment);
  const isStdin = source === '-';
  if (isStdin && given.values.remove === true) throw new UsageError('--remove: standard input is no file to remove');
  const plain = isStdin ? 'standard input' : resolve(source ?? paths.plain);
  const bytes = isStdin ? await buffer(process.stdin) : await readSmallFile(plain);
  const target = textOf(given, 'output');
  await confirmReplacing(target === undefined ? paths.encrypted : resolve(target), given, output, isStdin);
  const sealed =
    target === undefined
      ? await encryptEnv(paths, asText(bytes, plain), plain, identities)
      : await encryptFile(resolve(target), bytes, paths.recipients, identities);
  say(sealed, output);
  return { result: { ...sealed, removed: isStdin ? false : await settlePlain(plain, given, output) } };
};

/** Encrypts an environment's file, or another one, for those whom the list names now. */
export const rekey: SecretsAction = async (given, output) => {
  const { paths, identities } = await placesOf(given, given.words[0]);
  const file = given.words[1] === undefined ? paths.encrypted : resolve(given.words[1]);
  const sealed = await encryptAnew(file, paths.recipients, identities);
  say(sealed, output);
  output.line(`before, it was for ${people(sealed.before)}`);
  output.line('whoever is not on the list any more still knows the values up to now, and can decrypt older versions of the file:');
  output.line('only other values help, so rotate each of them');
  return { result: sealed };
};

/** What is there may be the only copy of what is in it. */
export async function confirmReplacing(file: string, given: Arguments, output: Output, isStdinTaken = false): Promise<void> {
  if (!existsSync(file) || given.values.yes === true) return;
  const ask = isStdinTaken ? undefined : askOnTerminal(output);
  if (await ask?.(`${file} is there already, and what is in it would be gone. Replace it?`)) return;
  throw new UsageError(`${file}: is there already, and was left as it is`, {
    hints: ['--yes replaces it', 'npx zx scripts/secrets.mjs edit   (changes single values)'],
  });
}

/** Says how a file was encrypted, and warns a person who has locked themselves out. */
export function say({ file, recipients, readable }: Sealed, { line, paint }: Output): void {
  line(`${paint('green', '✓')} ${file}: encrypted for ${people(recipients)}`);
  if (!readable) line(`  ${paint('yellow', '!')} you cannot decrypt it: none of your age identities is one of them`);
}

/** @returns whether the plain file was removed; if not, it is said that it should be */
export async function settlePlain(plain: string, { values }: Arguments, output: Output): Promise<boolean> {
  if (values.remove === true) {
    await rm(plain);
    output.line(`removed ${plain}`);
    return true;
  }
  output.line(`  ${output.paint('yellow', '!')} ${plain} is still there in clear text: remove it   (--remove does that)`);
  return false;
}

function people(count: number): string {
  return count === 1 ? '1 recipient' : `${count} recipients`;
}
