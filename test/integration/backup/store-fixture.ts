import { randomUUID } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from 'vitest';
import { type S3Options, s3Store } from '../../../scripts/lib/backup/store/s3.js';
import type { S3Internals } from '../../../scripts/lib/backup/store/s3-client.js';
import type { Store } from '../../../scripts/lib/backup/store/store.js';
import { type FaultProxy, startFaultProxy } from '../../helpers/fault-proxy.js';
import { type S3Server, startS3Server } from '../../helpers/s3-server.js';

/** Bytes of a part in tests: a few of them are soon sent. */
export const PART = 64 * 1024;

const quick: S3Internals = { partSize: () => PART, patience: { attempts: 4, firstPause: 5, longestPause: 20 } };

/** A store, the server behind it, and the proxy between them that makes things go wrong. */
export interface Bench {
  server: S3Server;
  proxy: FaultProxy;
  /** A new one for each test. */
  store: Store;
  /** Every test works below a prefix of its own. */
  prefix: string;
  options: (others?: Partial<S3Options>) => S3Options;
  open: (others?: Partial<S3Options>, internals?: S3Internals) => Store;
  /** Where the server has an object of this test. */
  at: (key: string) => { Bucket: string; Key: string };
  /** The object as a client reads it that none of our code has anything to do with. */
  stored: (key: string) => Promise<Buffer>;
  isStored: (key: string) => Promise<boolean>;
  /** The keys of this test's open uploads. */
  uploads: () => Promise<string[]>;
  /** The keys that the store lists. */
  keys: (below: string) => Promise<string[]>;
}

/** Starts server and proxy for the tests of a file; makes sure after each of them that no upload was left open. */
export function useBench(): Bench {
  const bench = {} as Bench;
  Object.assign(bench, methodsOf(bench));
  beforeAll(async () => {
    bench.server = await startS3Server(inject('runPrefix'));
    bench.proxy = await startFaultProxy(bench.server.endpoint);
  });
  afterAll(async () => {
    await bench.proxy?.stop();
    await bench.server?.stop();
  });
  beforeEach(() => {
    bench.proxy.reset();
    bench.prefix = `backups-${randomUUID().slice(0, 8)}`;
    bench.store = bench.open();
  });
  afterEach(async () => {
    expect(await bench.uploads(), 'open uploads that were left').toEqual([]);
  });
  return bench;
}

function methodsOf(bench: Bench): Omit<Bench, 'server' | 'proxy' | 'store' | 'prefix'> {
  const options: Bench['options'] = (others = {}) => ({
    bucket: bench.server.bucket,
    prefix: bench.prefix,
    endpoint: bench.proxy.endpoint,
    region: 'us-east-1',
    accessKeyId: bench.server.accessKeyId,
    secretAccessKey: bench.server.secretAccessKey,
    pathStyle: true,
    ...others,
  });
  const at: Bench['at'] = (key) => ({ Bucket: bench.server.bucket, Key: `${bench.prefix}/${key}` });
  return {
    options,
    at,
    open: (others, internals) => s3Store(options(others), { ...quick, ...internals }),
    stored: async (key) => {
      const { Body } = await bench.server.client.send(new GetObjectCommand(at(key)));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    isStored: (key) =>
      bench.server.client.send(new HeadObjectCommand(at(key))).then(
        () => true,
        (error: { name: string }) => {
          if (error.name !== 'NotFound') throw error;
          return false;
        },
      ),
    uploads: async () => {
      const below = { Bucket: bench.server.bucket, Prefix: `${bench.prefix}/` };
      const { Uploads = [] } = await bench.server.client.send(new ListMultipartUploadsCommand(below));
      return Uploads.map(({ Key = '' }) => Key.slice(below.Prefix.length));
    },
    keys: async (below) => {
      const found: string[] = [];
      for await (const { key } of bench.store.list(below)) found.push(key);
      return found.sort();
    },
  };
}
