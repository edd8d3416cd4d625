import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../scripts/lib/config/secret.js';
import { type AwsOptions, awsSecretsManager } from '../../../scripts/lib/config/secrets/providers/aws.js';
import { SlipwayError, UsageError } from '../../../scripts/lib/errors.js';
import { answeringServer, silentServer } from './servers.js';

const options = (endpoint: string, others: Partial<AwsOptions> = {}): AwsOptions => ({
  secretId: 'shop/production',
  region: 'eu-central-1',
  endpoint,
  credentials: { accessKeyId: 'AKIA', secretAccessKey: new Secret('hunter2-key'), sessionToken: new Secret('hunter2-session') },
  timeoutMs: 5_000,
  ...others,
});

async function refusal(chosen: AwsOptions): Promise<SlipwayError> {
  const error: unknown = await awsSecretsManager(chosen)
    .read()
    .catch((reason: unknown) => reason);
  if (!(error instanceof SlipwayError)) throw new Error(`it was no refusal: ${inspect(error)}`);
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('hunter2');
  expect(error.message).toMatch(/^aws shop\/production \(eu-central-1\): /);
  return error;
}

/** A refusal as the service writes it: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization */
const refusing = (type: string, status: number) =>
  answeringServer((response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type });
    response.end(JSON.stringify({ __type: type, message: 'hunter2 is what was sent' }));
  });

describe('what AWS refuses is told with what to do', () => {
  test.each([
    ['ResourceNotFoundException', 400, /there is no such secret, or it has no value yet$/, /AWS_SECRET_ID/],
    ['AccessDeniedException', 400, /access is denied$/, /secretsmanager:GetSecretValue/],
    ['UnrecognizedClientException', 400, /the access key is not known there$/, /AWS_ACCESS_KEY_ID/],
    ['InvalidSignatureException', 400, /the secret key does not belong to the access key$/, /AWS_SECRET_ACCESS_KEY/],
    ['ExpiredTokenException', 400, /the credentials have expired$/, /get new ones/],
    ['DecryptionFailure', 400, /it cannot be decrypted with its KMS key$/, /kms:Decrypt/],
    ['InvalidRequestException', 400, /marked for deletion/, /restore-secret/],
    ['ValidationException', 400, /its name is none$/, /AWS_SECRET_ID/],
    ['SomethingNewException', 400, /refused \(SomethingNewException, status 400\)$/, /^$/],
    ['SomethingNewException', 403, /access is denied$/, /GetSecretValue/],
  ])('%s, status %i', async (type, status, says, hint) => {
    const error = await refusal(options((await refusing(type, status)).endpoint));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(says);
    expect(error.hints.join()).toMatch(hint);
  });

  test('what may pass is no fault of the configuration', async () => {
    const error = await refusal(options((await refusing('InternalServiceError', 500)).endpoint));
    expect(error).not.toBeInstanceOf(UsageError);
    expect(error.message).toMatch(/failed \(InternalServiceError\)$/);
  });

  test('a page of something that is not AWS', async () => {
    const { endpoint } = await answeringServer((response) => response.writeHead(200).end('<html>hunter2</html>'));
    expect((await refusal(options(endpoint))).message).toMatch(/answered 200, and not as AWS does$/);
  });
});

describe('nobody there', () => {
  test('who never answers is given up', async () => {
    const { endpoint } = await silentServer();
    expect((await refusal(options(endpoint, { timeoutMs: 200 }))).message).toMatch(/did not answer within 0\.2 s$/);
  });

  test('who breaks the connection', async () => {
    const { endpoint } = await answeringServer((response) => response.destroy());
    expect((await refusal(options(endpoint))).message).toMatch(/the connection failed \(ECONNRESET\)$/);
  });

  test('TLS that is none', async () => {
    const { endpoint } = await answeringServer((response) => response.end());
    expect((await refusal(options(endpoint.replace('http:', 'https:')))).message).toMatch(/no secure connection can be made/);
  });

  test('a host name that there is none of', async () => {
    const error = await refusal(options('http://aws.invalid', { timeoutMs: 5_000 }));
    expect(error.message).toMatch(/(its host name is not known|did not answer within 5 s)$/);
  });
});
