import { S3Client, type StorageClass } from '@aws-sdk/client-s3';
import { maskSecrets, Secret } from '../../config/secret.js';
import { SlipwayError } from '../../errors.js';
import { type Patience, patient, retrying } from './retry.js';
import { signHashes } from './s3-body.js';
import { explained, isBug, mayPass } from './s3-errors.js';

/** What a person sets in `.env`. */
export interface S3Options {
  bucket: string;
  /** Goes before every key, with a "/" between; may be empty. */
  prefix: string;
  /** A URL; left out for AWS. */
  endpoint?: string;
  region: string;
  /** Both or none: without them the machine's role is used, as AWS' own tools would. */
  accessKeyId?: string;
  secretAccessKey?: string;
  /** The bucket stands in the path instead of the host name. */
  pathStyle: boolean;
  storageClass?: string;
  sse?: 'AES256' | 'aws:kms';
  sseKmsKeyId?: string;
  /** How many parts the provider takes for one object. */
  maxParts?: number;
}

/** What only tests change. */
export interface S3Internals {
  /** Bytes of a part, by its number. */
  partSize?: (number: number) => number;
  patience?: Patience;
  /** Milliseconds without a byte after which a connection counts as dead. */
  idleTimeout?: number;
}

/** A bucket, and how to talk to it. */
export interface Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  /** What a person calls it: `s3://bucket/prefix`. */
  readonly name: string;
  /** Empty, or ending with "/". */
  readonly prefix: string;
  /** What new objects are to be stored as. */
  readonly storing: { StorageClass?: StorageClass; ServerSideEncryption?: 'AES256' | 'aws:kms'; SSEKMSKeyId?: string };
  /** What the server is known to take. */
  readonly takes: { checksums: boolean; listingUploads: boolean; deletingMany: boolean };
  /**
   * Makes a request, again when it fails in a way that may pass.
   *
   * @param what what is being done, as the end of `s3://bucket/prefix: …`
   * @throws StoreError
   */
  ask: <T>(what: string, request: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
  readonly patience: Patience;
  /** @returns the same bucket, asked with more or less patience */
  with: (patience: Patience) => Bucket;
}

/** A dead peer is noticed after these (milliseconds); a part takes as long as it needs while bytes flow. */
const CONNECT_TIMEOUT = 5_000;
const IDLE_TIMEOUT = 60_000;

export function openBucket(options: S3Options, { patience = patient, idleTimeout = IDLE_TIMEOUT }: S3Internals = {}): Bucket {
  const { bucket, accessKeyId = '', secretAccessKey = '', storageClass, sse, sseKmsKeyId } = options;
  const folder = options.prefix.replace(/^\/+|\/+$/g, '');
  const name = `s3://${bucket}${folder && `/${folder}`}`;
  const secrets = { AWS_ACCESS_KEY_ID: new Secret(accessKeyId), AWS_SECRET_ACCESS_KEY: new Secret(secretAccessKey) };
  const shared = {
    client: newClient(options, idleTimeout),
    bucket,
    name,
    prefix: folder && `${folder}/`,
    storing: {
      ...(storageClass ? { StorageClass: storageClass as StorageClass } : {}),
      ...(sse ? { ServerSideEncryption: sse } : {}),
      ...(sse === 'aws:kms' && sseKmsKeyId ? { SSEKMSKeyId: sseKmsKeyId } : {}),
    },
    takes: { checksums: true, listingUploads: true, deletingMany: true },
  };
  const asking =
    (chosen: Patience): Bucket['ask'] =>
    async (what, request, signal) => {
      try {
        return await retrying(request, mayPass, chosen, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof SlipwayError || isBug(error)) throw error;
        throw explained(`${name}: ${what}`, error, (text) => maskSecrets(text, secrets));
      }
    };
  const withPatience = (chosen: Patience): Bucket => ({ ...shared, patience: chosen, ask: asking(chosen), with: withPatience });
  return withPatience(patience);
}

const silent = () => {};

function newClient({ endpoint, region, accessKeyId, secretAccessKey, pathStyle }: S3Options, socketTimeout: number): S3Client {
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint ? { endpoint } : {}),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    // Tries are counted once, by us.
    maxAttempts: 1,
    // Checksums are computed here, while parts are filled, and given along as headers: servers that refuse the client's
    // own way, a trailer behind a chunked body, mostly take these.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Waiting for "100 Continue" would cost a new connection for each part.
    expectContinueHeader: false,
    // It would print on its own that a request with a stream cannot be repeated; we repeat it with a new one.
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, socketTimeout },
  });
  signHashes(client);
  return client;
}
