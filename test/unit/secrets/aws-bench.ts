import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { Secret } from '../../../scripts/lib/config/secret.js';
import { type AwsOptions, awsSecretsManager } from '../../../scripts/lib/config/secrets/providers/aws.js';
import type { Bench } from './conformance.js';
import { silentServer } from './servers.js';

/** A server that speaks AWS's language, and who may talk to it. */
export interface AwsServer {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export const SECRET_ID = 'shop/production';
const REGION = 'us-east-1';

/** @returns the provider's options for a server */
export function awsOptions({ endpoint, accessKeyId, secretAccessKey }: AwsServer, others: Partial<AwsOptions> = {}): AwsOptions {
  const credentials = { accessKeyId, secretAccessKey: new Secret(secretAccessKey) };
  return { secretId: SECRET_ID, region: REGION, endpoint, credentials, timeoutMs: 10_000, ...others };
}

/** A client that none of our code has anything to do with. */
export function awsClient({ endpoint, accessKeyId, secretAccessKey }: AwsServer): SecretsManagerClient {
  return new SecretsManagerClient({ endpoint, region: REGION, credentials: { accessKeyId, secretAccessKey } });
}

/** Stores a text, whether the secret is there already or not. */
export async function store(client: SecretsManagerClient, text: string, name = SECRET_ID): Promise<void> {
  try {
    await client.send(new CreateSecretCommand({ Name: name, SecretString: text }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
  }
}

/** @param server asked for at each use, since it is started before the tests and after they are declared */
export function awsBench(server: () => AwsServer): Bench {
  const hold = async (values: Readonly<Record<string, string>>) => {
    const client = awsClient(server());
    await store(client, JSON.stringify(values));
    client.destroy();
  };
  return {
    holding: async (values, wanted = []) => {
      await hold(values);
      return awsSecretsManager(awsOptions(server(), { wanted }));
    },
    missing: async () => {
      const client = awsClient(server());
      await client.send(new DeleteSecretCommand({ SecretId: SECRET_ID, ForceDeleteWithoutRecovery: true }));
      client.destroy();
      const says = /^aws shop\/production \(us-east-1\): there is no such secret, or it has no value yet$/;
      return { provider: awsSecretsManager(awsOptions(server())), says };
    },
    forbidden: async (values) => {
      await hold(values);
      const provider = awsSecretsManager(awsOptions({ ...server(), secretAccessKey: 'hunter2-of-nobody' }));
      return { read: provider.read, says: /(access is denied|the secret key does not belong to the access key)$/ };
    },
    silent: async () => {
      const { endpoint } = await silentServer();
      return {
        provider: awsSecretsManager(awsOptions({ ...server(), endpoint }, { timeoutMs: 300 })),
        says: /did not answer within 0\.3 s$/,
      };
    },
    runs: 5,
    credentials: () => [server().secretAccessKey],
  };
}
