import type { SlipwayErrorOptions } from '../../errors.js';
import { MissingError, StoreError } from './errors.js';

/** A request to S3 failed. */
export class S3Error extends StoreError {
  /** Undefined: for a reason that only this server knows. */
  readonly kind: Kind | undefined;

  constructor(kind: Kind | undefined, message: string, options: SlipwayErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** What the client throws, as far as it is looked at here. */
interface Thrown {
  name?: string;
  message?: string;
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
}

/** @returns S3's or the system's own name of an error: `NoSuchBucket`, `ECONNREFUSED` */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as Thrown;
  return typeof code === 'string' ? code : (name ?? 'Error');
}

/** @returns the status of the answer; undefined when there was none */
export function statusOf(error: unknown): number | undefined {
  return (error as Thrown | undefined)?.$metadata?.httpStatusCode;
}

/** Kinds of errors by the names that S3, the providers and the system give them. */
const names = {
  bucket: ['NoSuchBucket', 'InvalidBucketName'],
  keyId: ['InvalidAccessKeyId', 'InvalidClientTokenId'],
  signature: ['SignatureDoesNotMatch'],
  token: ['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired'],
  noCredentials: ['CredentialsProviderError'],
  clock: ['RequestTimeTooSkewed', 'RequestExpired'],
  region: ['PermanentRedirect', 'TemporaryRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'],
  full: ['XMinioStorageFull', 'QuotaExceeded', 'InsufficientStorage', 'StorageFull', 'XMinioAdminBucketQuotaExceeded'],
  storageClass: ['InvalidStorageClass'],
  encryption: ['InvalidEncryptionAlgorithmError', 'KMS.NotFoundException', 'KMS.DisabledException', 'KMS.KMSInvalidStateException'],
  denied: ['AccessDenied', 'AllAccessDisabled', 'AccountProblem', 'Forbidden'],
  hostName: ['ENOTFOUND', 'EAI_AGAIN'],
  refused: ['ECONNREFUSED'],
  unreachable: ['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'ETIMEDOUT', 'TimeoutError'],
  broken: ['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'],
  /** The server did not get what was sent: the connection broke, or something changed it on its way. */
  garbled: ['RequestTimeout', 'IncompleteBody', 'BadDigest', 'XAmzContentSHA256Mismatch', 'XAmzContentChecksumMismatch'],
  overloaded: [
    'SlowDown',
    'ServiceUnavailable',
    'InternalError',
    'Throttling',
    'ThrottlingException',
    'TooManyRequests',
    'OperationAborted',
  ],
} as const satisfies Record<string, readonly string[]>;
type Kind = keyof typeof names | 'tls';

const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO$)/;
const PASSING: readonly Kind[] = ['hostName', 'refused', 'unreachable', 'broken', 'garbled', 'overloaded'];

/** @returns what kind of error it is: by its name, else by its status */
export function kindOf(error: unknown): Kind | undefined {
  const code = codeOf(error);
  const status = statusOf(error);
  const named = (Object.keys(names) as (keyof typeof names)[]).find((kind) => (names[kind] as readonly string[]).includes(code));
  if (named) return named;
  if (TLS.test(code)) return 'tls';
  if (code.startsWith('HPE_')) return 'broken';
  if (code.startsWith('KMS.')) return 'encryption';
  if (status === undefined || status < 300) return undefined;
  if (status === 301 || status === 307) return 'region';
  if (status === 401 || status === 403) return 'denied';
  if (status === 507) return 'full';
  // 501: it will not know the request the next time either.
  return status === 408 || status === 429 || (status >= 500 && status !== 501) ? 'overloaded' : undefined;
}

/** @returns whether the same request may succeed in a moment */
export function mayPass(error: unknown): boolean {
  const kind = kindOf(error);
  return kind !== undefined && PASSING.includes(kind);
}

/** @returns an error that neither a server nor the system has made */
export function isBug(error: unknown): boolean {
  return kindOf(error) === undefined && statusOf(error) === undefined && typeof (error as Thrown | undefined)?.code !== 'string';
}

const RIGHTS = 's3:PutObject, GetObject, DeleteObject, AbortMultipartUpload, ListBucket, ListBucketMultipartUploads';

const explanations: Readonly<Record<Kind, { says: string; hint: string }>> = {
  bucket: {
    says: 'there is no such bucket',
    hint: 'S3_BUCKET: create the bucket, or correct its name; S3_ENDPOINT: is it the right provider?',
  },
  keyId: { says: 'the access key is not known there', hint: 'AWS_ACCESS_KEY_ID: correct it; S3_ENDPOINT: is it the right provider?' },
  signature: { says: 'the secret key does not belong to the access key', hint: 'AWS_SECRET_ACCESS_KEY: correct it' },
  token: { says: 'the credentials have expired', hint: 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: use a key that does not expire' },
  noCredentials: { says: 'there are no credentials', hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY' },
  clock: {
    says: "this machine's clock differs too much from the server's",
    hint: 'set the clock of this machine; S3 takes 15 minutes at most',
  },
  region: { says: 'the bucket is in another region', hint: "AWS_REGION: set it to the bucket's region" },
  full: { says: 'there is no space left', hint: 'S3_BUCKET: make room there or raise its quota; BACKUP_RETENTION_DAYS: keep fewer sets' },
  storageClass: { says: 'the storage class is not known there', hint: 'S3_STORAGE_CLASS: correct it, or leave it empty' },
  encryption: { says: 'it cannot be encrypted there', hint: 'S3_SSE, S3_SSE_KMS_ID: correct them, or leave them empty' },
  denied: { says: 'access is denied', hint: `AWS_ACCESS_KEY_ID: this key needs ${RIGHTS} on S3_BUCKET` },
  hostName: { says: 'its host name is not known', hint: 'S3_ENDPOINT: correct it (for AWS leave it empty and set AWS_REGION)' },
  refused: { says: 'nobody listens there', hint: 'S3_ENDPOINT: correct host and port, or start the server' },
  unreachable: { says: 'it does not answer', hint: 'S3_ENDPOINT: is it reachable from the cron container? Look at firewalls and routes' },
  broken: { says: 'the connection breaks', hint: 'S3_ENDPOINT: http and https are not the same; else try again later' },
  tls: { says: 'no secure connection can be made', hint: 'S3_ENDPOINT: its certificate has to be valid for this host; http:// is without' },
  garbled: { says: 'what arrives is not what was sent', hint: 'S3_ENDPOINT: look at what stands between here and there, such as a proxy' },
  overloaded: { says: 'the server fails or is overloaded', hint: "look at the provider's status (S3_ENDPOINT) and try again later" },
};

/**
 * @param what what was being done: which store, which object
 * @param mask takes secrets out of a text
 * @returns an error that says what is wrong and what to change
 */
export function explained(what: string, error: unknown, mask: (text: string) => string): StoreError {
  const code = codeOf(error);
  if (code === 'NoSuchKey') return new MissingError(`${what}: there is no such object`);
  const kind = kindOf(error);
  const status = statusOf(error);
  const said = mask(
    `${code}${status === undefined ? '' : ` (${status})`}: ${(error as Thrown).message?.trim().split('\n')[0] || 'no more was said'}`,
  );
  // The client's own error is not the cause: it has the request in it, and thereby the access key.
  const cause = new Error(said);
  if (!kind) return new S3Error(kind, `${what}: ${said}`, { hints: ['S3_ENDPOINT: is it an S3 server?'], cause });
  const { says, hint } = explanations[kind];
  return new S3Error(kind, `${what}: ${says}`, { details: [said], hints: [hint], cause });
}
