import { SlipwayError, UsageError } from '../../../errors.js';
import { codeOf, unreachable } from './unreachable.js';

const RIGHTS = 'secretsmanager:GetSecretValue on it, and kms:Decrypt on a key of your own';
const KEYS = 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY';

/**
 * Names of the service's errors: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html and
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
 */
const explanations: readonly { names: readonly string[]; says: string; hint: string }[] = [
  {
    names: ['ResourceNotFoundException'],
    says: 'there is no such secret, or it has no value yet',
    hint: 'AWS_SECRET_ID, AWS_REGION: correct them; aws secretsmanager list-secrets shows what there is',
  },
  { names: ['AccessDeniedException', 'AccessDenied'], says: 'access is denied', hint: `${KEYS}: this key, or role, needs ${RIGHTS}` },
  {
    names: ['UnrecognizedClientException', 'InvalidClientTokenId', 'InvalidAccessKeyId', 'MissingAuthenticationTokenException'],
    says: 'the access key is not known there',
    hint: `${KEYS}: correct them`,
  },
  {
    names: ['InvalidSignatureException', 'SignatureDoesNotMatch', 'IncompleteSignature', 'IncompleteSignatureException'],
    says: 'the secret key does not belong to the access key',
    hint: 'AWS_SECRET_ACCESS_KEY: correct it; and is the clock of this machine right?',
  },
  {
    names: ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired', 'TokenRefreshRequired'],
    says: 'the credentials have expired',
    hint: `${KEYS}: get new ones; and is the clock of this machine right?`,
  },
  {
    names: ['CredentialsProviderError'],
    says: 'there are no credentials',
    hint: `set ${KEYS}, or give this machine a role`,
  },
  {
    names: ['DecryptionFailure', 'EncryptionFailure'],
    says: 'it cannot be decrypted with its KMS key',
    hint: 'the key, or role, needs kms:Decrypt on it; is the KMS key enabled?',
  },
  {
    names: ['InvalidRequestException'],
    says: 'it is marked for deletion, or not in a state to be read',
    hint: 'aws secretsmanager restore-secret brings a deleted one back',
  },
  {
    names: ['InvalidParameterException', 'ValidationException'],
    says: 'its name is none',
    hint: 'AWS_SECRET_ID: should be a name or an ARN',
  },
];

/** What may pass by itself. */
const PASSING = ['InternalServiceError', 'InternalFailure', 'ServiceUnavailable', 'ThrottlingException', 'TooManyRequestsException'];

/**
 * @param name the provider's name
 * @param error what the client threw; its own words are not repeated, they may hold what was sent or received
 * @param timeoutMs how long was waited
 */
export function explainAws(name: string, error: unknown, timeoutMs: number): Error {
  const { name: kind = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  // What stands between may refuse in words of its own.
  const called = status === 401 || status === 403 ? [kind, 'AccessDenied'] : [kind];
  const known = called.map((one) => explanations.find(({ names }) => names.includes(one))).find(Boolean);
  if (known) return new UsageError(`${name}: ${known.says}`, { hints: [known.hint] });
  if (status !== undefined && kind === 'SyntaxError') {
    return new SlipwayError(`${name}: answered ${status}, and not as AWS does`, { hints: ['is there a proxy that has its own page?'] });
  }
  if (PASSING.includes(kind) || (status !== undefined && status >= 500)) {
    return new SlipwayError(`${name}: failed (${kind || `status ${status}`})`, { hints: ['try again later'] });
  }
  if (status !== undefined && status >= 400) return new UsageError(`${name}: refused (${kind}, status ${status})`);
  // A bug has neither an answer nor a code of the system.
  return isOfTheNetwork(error) ? unreachable(name, error, 'AWS_REGION', timeoutMs) : (error as Error);
}

function isOfTheNetwork(error: unknown): boolean {
  const code = codeOf(error);
  return ['TimeoutError', 'AbortError'].includes(code) || /^[A-Z][A-Z0-9_]+$/.test(code);
}
