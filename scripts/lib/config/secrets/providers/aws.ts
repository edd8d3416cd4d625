import { UsageError } from '../../../errors.js';
import type { Secret } from '../../secret.js';
import { explainAws } from './aws-errors.js';
import { fieldsOf, objectOf, type SecretProvider } from './provider.js';

export interface AwsOptions {
  /** The secret's name or ARN. */
  secretId: string;
  region: string;
  /** Without: what the AWS client finds by itself, such as the machine's role. */
  credentials?: { accessKeyId: string; secretAccessKey: Secret; sessionToken?: Secret } | undefined;
  /** Another address than AWS's own. */
  endpoint?: string;
  wanted?: readonly string[];
  /** How long all of it may take (milliseconds). */
  timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
/** Reading is repeated by the client; no sooner does it give up on what may pass. */
const TRIES = 3;

/** AWS Secrets Manager: one secret whose value is a JSON object of keys, as its console writes it. */
export function awsSecretsManager(options: AwsOptions): SecretProvider {
  const name = `aws ${options.secretId} (${options.region})`;
  const read = async () => {
    const { SecretString: text } = await fetchSecret(options).catch((error: unknown) => {
      throw explainAws(name, error, options.timeoutMs ?? TIMEOUT_MS);
    });
    if (text === undefined)
      throw new UsageError(`${name}: should be text, got bytes`, { hints: ['store a JSON object of keys as its text'] });
    const record = objectOf(text);
    if (!record) throw new UsageError(`${name}: should be a JSON object of keys, such as {"DB_PASSWORD":"…"}`);
    return fieldsOf(name, record, options.wanted ?? []);
  };
  return { name, read };
}

/** The client is large, and loaded by those who use it alone. */
async function fetchSecret({ secretId, region, endpoint, credentials, timeoutMs = TIMEOUT_MS }: AwsOptions) {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const silent = () => {};
  const client = new SecretsManagerClient({
    region,
    maxAttempts: TRIES,
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    ...(endpoint ? { endpoint } : {}),
    ...(credentials ? { credentials: revealed(credentials) } : {}),
  });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = client.send(new GetSecretValueCommand({ SecretId: secretId }), { abortSignal: signal });
    // Looking for credentials does not hear of the signal.
    return await Promise.race([answer, rejection(signal)]);
  } finally {
    client.destroy();
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function revealed({ accessKeyId, secretAccessKey, sessionToken }: NonNullable<AwsOptions['credentials']>) {
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken ? { sessionToken: sessionToken.reveal() } : {}),
  };
}
