import { UsageError } from '../../../errors.js';
import { Secret } from '../../secret.js';
import { type AwsOptions, awsSecretsManager } from './aws.js';
import { dockerSecrets } from './docker.js';
import type { SecretProvider } from './provider.js';
import { vaultProblems } from './vault/options.js';
import { vault } from './vault/vault.js';

export type { SecretProvider } from './provider.js';

/** Raw text by key: of the .env files and of the process's environment, before the whole is checked. */
export type ProviderSettings = Readonly<Record<string, string | undefined>>;

/**
 * @param settings raw text by key; of the variables that are no keys, `<KEY>_FILE` and AWS_SESSION_TOKEN count
 * @returns the place that SECRETS_PROVIDER names; undefined for none
 * @throws UsageError listing every problem of its settings at once
 */
export function providerOf(settings: ProviderSettings): SecretProvider | undefined {
  const wanted = (settings.SECRETS_KEYS ?? '').split(/[\s,]+/).filter(Boolean);
  switch (settings.SECRETS_PROVIDER || 'none') {
    case 'none':
      return undefined;
    case 'docker':
      return dockerSecrets({ folder: settings.SECRETS_FOLDER || '/run/secrets', variables: settings, wanted });
    case 'vault':
      return vaultOf(settings, wanted);
    case 'aws':
      return awsOf(settings, wanted);
    default:
      throw new UsageError(`SECRETS_PROVIDER: should be none, docker, vault or aws, got ${JSON.stringify(settings.SECRETS_PROVIDER)}`);
  }
}

function vaultOf(settings: ProviderSettings, wanted: readonly string[]): SecretProvider {
  const { VAULT_ADDR = '', VAULT_NAMESPACE = '', VAULT_PATH = '', VAULT_TOKEN, VAULT_ROLE_ID = '', VAULT_SECRET_ID = '' } = settings;
  const VAULT_MOUNT = settings.VAULT_MOUNT || 'secret';
  refuse('vault', vaultProblems({ ...settings, VAULT_MOUNT }));
  return vault({
    address: VAULT_ADDR,
    namespace: VAULT_NAMESPACE,
    mount: trimmed(VAULT_MOUNT),
    path: trimmed(VAULT_PATH),
    login: VAULT_TOKEN ? { token: new Secret(VAULT_TOKEN) } : { roleId: VAULT_ROLE_ID, secretId: new Secret(VAULT_SECRET_ID) },
    wanted,
  });
}

function awsOf(settings: ProviderSettings, wanted: readonly string[]): SecretProvider {
  const { AWS_SECRET_ID = '', AWS_REGION = '' } = settings;
  refuse('aws', [
    ...(AWS_SECRET_ID ? [] : ['AWS_SECRET_ID: is missing; it names the secret']),
    ...(AWS_REGION ? [] : ['AWS_REGION: is missing']),
  ]);
  return awsSecretsManager({ secretId: AWS_SECRET_ID, region: AWS_REGION, credentials: awsCredentials(settings), wanted });
}

function awsCredentials({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }: ProviderSettings): AwsOptions['credentials'] {
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined;
  const token = AWS_SESSION_TOKEN ? { sessionToken: new Secret(AWS_SESSION_TOKEN) } : {};
  return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: new Secret(AWS_SECRET_ACCESS_KEY), ...token };
}

function refuse(provider: string, problems: readonly string[]): void {
  const [first, ...more] = problems;
  if (first === undefined) return;
  throw new UsageError(first, { details: more, hints: [`SECRETS_PROVIDER is ${provider}; .env.example explains its keys`] });
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
