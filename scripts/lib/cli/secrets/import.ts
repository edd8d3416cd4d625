import { resolve } from 'node:path';
import { encryptEnv } from '../../config/secrets/encrypt.js';
import { checkOpenssl, type Derivation, decryptOpenssl } from '../../config/secrets/openssl.js';
import { readSmallFile } from '../../config/secrets/read-file.js';
import { UsageError } from '../../errors.js';
import { numberOf, type SecretsAction, textOf } from './action.js';
import { confirmReplacing, say, settlePlain } from './encrypt.js';
import { readPassphrase } from './passphrase.js';
import { placesOf } from './places.js';

/** Takes a file over that `openssl enc` has made; its text is nowhere but in memory in between. */
export const importOpenssl: SecretsAction = async (given, output) => {
  const [environment, file] = given.words.length > 1 ? given.words : [undefined, given.words[0]];
  const hints = ['type: npx zx scripts/secrets.mjs import production FILE --openssl'];
  if (file === undefined) throw new UsageError('the file is missing', { hints });
  if (given.values.openssl !== true) throw new UsageError('--openssl is missing: it is the one kind of file that is read', { hints });
  const options = { iterations: numberOf(given, 'iter'), digest: textOf(given, 'digest') };
  checkOpenssl(options);
  const { paths, identities } = await placesOf(given, environment);
  const source = resolve(file);
  const content = await readSmallFile(source);
  await confirmReplacing(paths.encrypted, given, output, textOf(given, 'passphrase-file') === '-');
  const { text, derivation } = decryptOpenssl(content, await readPassphrase(textOf(given, 'passphrase-file')), options, source);
  const sealed = await encryptEnv(paths, text, source, identities);
  output.line(`${source}: decrypted (${wordsFor(derivation)})`);
  say(sealed, output);
  const removed = given.values.remove === true && (await settlePlain(source, given, output));
  if (!removed)
    output.line(`${source} is still there: whoever knows its passphrase can read it, so remove it (--remove), also from the repository`);
  return { result: { ...sealed, ...derivation, removed } };
};

function wordsFor({ iterations, digest }: Derivation): string {
  return iterations === undefined ? `-md ${digest}` : `-pbkdf2 -iter ${iterations} -md ${digest}`;
}
