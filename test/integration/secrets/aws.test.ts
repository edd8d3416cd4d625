import { CreateSecretCommand, DeleteSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { awsSecretsManager } from '../../../scripts/lib/config/secrets/providers/aws.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { type S3Server, startS3Server } from '../../helpers/s3-server.js';
import { awsBench, awsClient, awsOptions, store } from '../../unit/secrets/aws-bench.js';
import { conforms } from '../../unit/secrets/conformance.js';

// The third party's server that the stores are tested against knows Secrets Manager too, on the same port.
let server: S3Server;
let client: SecretsManagerClient;
beforeAll(async () => {
  server = await startS3Server(inject('runPrefix'));
  client = awsClient(server);
});
afterAll(async () => {
  client?.destroy();
  await server?.stop();
});

conforms(
  'AWS Secrets Manager',
  awsBench(() => server),
);

describe('what is not as it should be is told', () => {
  const read = (secretId: string) => awsSecretsManager(awsOptions(server, { secretId })).read();

  test.each([
    ['a number', '{"DB_PASSWORD":7}', /DB_PASSWORD: should be text, got a number$/],
    ['a list', '["hunter2"]', /should be a JSON object of keys/],
    ['a plain text', 'hunter2 alone', /should be a JSON object of keys/],
  ])('%s', async (name, text, says) => {
    const id = `odd/${name.replaceAll(' ', '-')}`;
    await store(client, text, id);
    const error = await read(id).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(says);
    expect((error as UsageError).message).not.toContain('hunter2');
  });

  test('bytes', async () => {
    await client.send(new CreateSecretCommand({ Name: 'odd/bytes', SecretBinary: Buffer.from('hunter2') }));
    await expect(read('odd/bytes')).rejects.toThrow(/should be text, got bytes$/);
  });

  test('a secret that is marked for deletion', async () => {
    await store(client, '{"A":"1"}', 'odd/deleted');
    await client.send(new DeleteSecretCommand({ SecretId: 'odd/deleted', RecoveryWindowInDays: 7 }));
    await expect(read('odd/deleted')).rejects.toThrow(/marked for deletion/);
  });

  test('an access key that nobody knows', async () => {
    await store(client, '{"A":"1"}');
    const stranger = awsOptions({ ...server, accessKeyId: 'AKIAUNKNOWNUNKNOWN00' });
    // The server says so in XML, which AWS never does for this service; the status alone is left.
    await expect(awsSecretsManager(stranger).read()).rejects.toThrow(/access is denied$/);
  });
});
