import { isFile } from './files.js';
import type { LayerSource, SourceContent, SourceContext } from './layer-source.js';

/**
 * The layers beside the files in clear text and the process's environment, in the order in which they are read. What reads one is
 * imported only once there is something to read: a stack without an encrypted file and without a provider loads none of it.
 */
export const layerSources: readonly LayerSource[] = [
  { kind: 'encrypted', read: readEncrypted },
  { kind: 'provider', read: askProvider },
];

/** `<file>.<environment>.age`, if there is one. */
async function readEncrypted({ file, environment, values, process }: SourceContext): Promise<SourceContent | undefined> {
  const name = `${file}.${environment}.age`;
  if (!isFile(name)) return undefined;
  const [{ readEncryptedEnv }, { readIdentities }] = await Promise.all([
    import('./secrets/encrypted-env.js'),
    import('./secrets/age/identities.js'),
  ]);
  return { name, text: await readEncryptedEnv(name, await readIdentities({ ...process, ...values })) };
}

/** What SECRETS_PROVIDER names. Of the process's environment more counts than our keys: `<KEY>_FILE`, AWS_SESSION_TOKEN. */
async function askProvider({ values, process }: SourceContext): Promise<SourceContent | undefined> {
  if ((values.SECRETS_PROVIDER || 'none') === 'none') return undefined;
  const { providerOf } = await import('./secrets/providers/index.js');
  const provider = providerOf({ ...process, ...values });
  return provider && { name: provider.name, values: await provider.read() };
}
