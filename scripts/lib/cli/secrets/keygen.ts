import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { identityFile, newIdentity } from '../../config/secrets/age/identities.js';
import { createFile } from '../../config/secrets/write-file.js';
import { loadUnchecked } from '../../config/unchecked.js';
import { note, type SecretsAction, textOf } from './action.js';

/** Makes an age identity for this person; its recipient is all that is printed. */
export const keygen: SecretsAction = async (given, output) => {
  const { text: settings, environment } = loadUnchecked(textOf(given, 'dotenv'));
  const [named] = given.words;
  const usual = identityFile({ ...settings, XDG_CONFIG_HOME: environment.XDG_CONFIG_HOME });
  const file = named === undefined ? usual : resolve(named);
  const { recipient, text } = await newIdentity();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await createFile(file, text, 0o600);
  if (output.json) return { result: { file, recipient } };
  note(`wrote ${file}: keep it to yourself, and a copy of it in a safe place; nobody can make it again`);
  if (file !== usual) note(`set AGE_IDENTITY_FILE=${file} for it to be found`);
  note('its recipient belongs into .env.<environment>.recipients, a line of its own; then somebody who can read the secrets types rekey');
  process.stdout.write(`${recipient}\n`);
  return { result: { file, recipient } };
};
