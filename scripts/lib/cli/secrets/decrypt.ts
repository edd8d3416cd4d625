import { resolve } from 'node:path';
import { parseDotenv } from '../../config/dotenv-file.js';
import { unseal } from '../../config/secrets/age/seal.js';
import { asText, readSmallFile } from '../../config/secrets/read-file.js';
import { createFile } from '../../config/secrets/write-file.js';
import { type SecretsAction, textOf } from './action.js';
import { placesOf } from './places.js';

/** Prints what is encrypted; into a file only when one is named, which has to be new. */
export const decrypt: SecretsAction = async (given, output) => {
  const [environment, other] = given.words;
  const { paths, identities } = await placesOf(given, environment);
  const file = other === undefined ? paths.encrypted : resolve(other);
  const plain = await unseal(await readSmallFile(file), identities, file);
  const target = textOf(given, 'output');
  if (target !== undefined) {
    await createFile(resolve(target), plain, 0o600);
    output.line(`wrote ${resolve(target)}, in clear text: remove it when you are done`);
    return { result: { file, output: resolve(target) } };
  }
  if (!output.json) process.stdout.write(plain);
  const values =
    other === undefined ? { values: parseDotenv(asText(plain, file)).values } : { base64: Buffer.from(plain).toString('base64') };
  return { result: { file, ...values } };
};
