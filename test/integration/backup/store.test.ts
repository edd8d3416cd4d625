import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MissingError, StoreError } from '../../../scripts/lib/backup/store/errors.js';
import { localStore } from '../../../scripts/lib/backup/store/local.js';
import { s3Store } from '../../../scripts/lib/backup/store/s3.js';
import { putToAll } from '../../../scripts/lib/backup/store/several.js';
import type { Fault } from '../../helpers/fault-proxy.js';
import { bytes, contentOf, failing, failureOf, streamOf, stuck } from '../../unit/backup/store/bytes.js';
import { PART, useBench } from './store-fixture.js';

const bench = useBench();
const about = (key: string) => bench.server.client.send(new HeadObjectCommand(bench.at(key)));

describe('storing', () => {
  it.each([0, 1, PART - 1, PART, PART + 1, 5 * PART + 17])('%i bytes arrive as they were, for every client', async (count) => {
    const content = bytes(count);
    await bench.store.put('app/set/x', streamOf(content, 10_007));
    expect((await bench.stored('app/set/x')).equals(content)).toBe(true);
    expect((await contentOf(bench.store.get('app/set/x'))).equals(content)).toBe(true);
    expect(bench.proxy.count('PutObject')).toBe(count < PART ? 1 : 0);
    expect(bench.proxy.count('UploadPart')).toBe(count < PART ? 0 : Math.ceil(count / PART));
  });

  it('parts have the sizes of the plan, and the hash of each is signed with it', async () => {
    const mib = 1024 ** 2;
    const content = bytes(18 * mib + 1);
    await s3Store(bench.options()).put('x', streamOf(content));
    expect((await bench.stored('x')).equals(content)).toBe(true);
    const parts = bench.proxy.seen.filter(({ operation }) => operation === 'UploadPart').sort((a, b) => a.part - b.part);
    expect(parts.map(({ headers }) => Number(headers['content-length']))).toEqual([8 * mib, 8 * mib, 2 * mib + 1]);
    for (const { headers, sha256 } of parts) expect(headers['x-amz-content-sha256']).toBe(sha256);
    for (const { headers } of parts) expect(headers['x-amz-checksum-crc32']).toMatch(/^[\w+/]{6}==$/);
  });

  it('storage class and encryption go along either way', async () => {
    const special = bench.open({ storageClass: 'STANDARD_IA', sse: 'AES256' });
    for (const [key, count] of [
      ['small', 10],
      ['large', PART * 2],
    ] as const) {
      await special.put(key, streamOf(bytes(count)));
      expect(await about(key)).toMatchObject({ StorageClass: 'STANDARD_IA', ServerSideEncryption: 'AES256' });
    }
    await bench.open({ sse: 'aws:kms', sseKmsKeyId: 'alias/backups' }).put('kms', streamOf(bytes(10)));
    expect(await about('kms')).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/backups' });
  });

  it('without a prefix, the key is the whole name', async () => {
    const key = `${bench.prefix}/x`;
    await bench.open({ prefix: '' }).put(key, streamOf(bytes(10)));
    expect(await bench.isStored('x')).toBe(true);
  });

  it('a stream is read no faster than its parts are taken', async () => {
    const controller = new AbortController();
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1024;
        yield Buffer.alloc(1024);
      }
    }
    const three = new Promise<void>((resolve) => {
      bench.proxy.add({ when: ({ operation, part }) => operation === 'UploadPart' && part === 3, fault: { hang: true }, onHit: resolve });
    });
    bench.proxy.add({ when: 'UploadPart', fault: { hang: true } });
    const put = failureOf(bench.store.put('x', endless(), controller.signal));
    await three;
    await new Promise(setImmediate);
    expect(read).toBeLessThanOrEqual(4 * PART);
    controller.abort(new Error('stop'));
    expect((await put).message).toBe('stop');
  });

  it('more parts than the provider takes are refused, with the key to change', async () => {
    const failure = await failureOf(bench.open({ maxParts: 3 }).put('x', streamOf(bytes(4 * PART))));
    expect(failure.message).toContain('larger than the 3 parts');
    expect(failure.hints?.join()).toContain('S3_MAX_PARTS');
    expect(await bench.isStored('x')).toBe(false);
    await bench.open({ maxParts: 3 }).put('x', streamOf(bytes(3 * PART)));
  });
});

describe('a stream that does not end well leaves nothing', () => {
  it.each([100, PART + 1, 3 * PART])('it throws after %i bytes', async (count) => {
    const error = new Error('pg_dump was killed');
    expect(await failureOf(bench.store.put('x', failing(bytes(count), error)))).toBe(error);
    expect(await bench.isStored('x')).toBe(false);
    expect(bench.proxy.count('CompleteMultipartUpload')).toBe(0);
  });

  it.each([100, 3 * PART])('its run is stopped after %i bytes', async (count) => {
    const controller = new AbortController();
    const { body, isStuck, closed } = stuck(bytes(count));
    const put = failureOf(bench.store.put('x', body, controller.signal));
    await isStuck;
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await put).toBe(reason);
    await closed;
    expect(await bench.isStored('x')).toBe(false);
  });

  it('its run was stopped before it began', async () => {
    expect((await failureOf(bench.store.put('x', streamOf(bytes(10)), AbortSignal.abort(new Error('stop'))))).message).toBe('stop');
    expect(bench.proxy.seen).toEqual([]);
  });

  it('its run is stopped while the server completes it', async () => {
    const controller = new AbortController();
    bench.proxy.add({
      when: 'CompleteMultipartUpload',
      fault: { loseAnswer: true },
      onHit: () => setImmediate(() => controller.abort(new Error('stop'))),
    });
    expect((await failureOf(bench.store.put('x', streamOf(bytes(2 * PART)), controller.signal))).message).toBe('stop');
    expect(await bench.isStored('x')).toBe(false);
  });
});

describe('what may pass is tried again', () => {
  const content = bytes(3 * PART + 5);
  const slowDown: Fault = { answer: 503, code: 'SlowDown' };
  const faults: [string, string, Fault][] = [
    ['UploadPart', 'the server is overloaded', slowDown],
    ['UploadPart', 'the server refuses it before it has come', { answerAtOnce: 503, code: 'SlowDown' }],
    ['UploadPart', 'the server fails', { answer: 500, code: 'InternalError' }],
    ['UploadPart', 'there were too many requests', { answer: 429, code: 'TooManyRequests' }],
    ['UploadPart', 'the part came too slowly', { answer: 400, code: 'RequestTimeout' }],
    ['UploadPart', 'the connection breaks in the middle of it', { resetAfter: PART / 2 }],
    ['UploadPart', 'the answer is lost', { loseAnswer: true }],
    ['UploadPart', 'a proxy has no server', { answer: 502, body: '<html>Bad Gateway</html>' }],
    ['CreateMultipartUpload', 'the server is overloaded', slowDown],
    ['CompleteMultipartUpload', 'the server is overloaded', slowDown],
    ['CompleteMultipartUpload', 'the error comes with status 200', { answer: 200, code: 'InternalError' }],
    ['CompleteMultipartUpload', 'nothing comes with status 200', { answer: 200, body: '' }],
  ];

  it.each(faults)('%s: %s', async (when, _, fault) => {
    bench.proxy.add({ when, nth: 2, fault });
    bench.proxy.add({ when, nth: 1, fault });
    await bench.store.put('x', streamOf(content));
    expect((await bench.stored('x')).equals(content)).toBe(true);
    expect(bench.proxy.count(when)).toBe(when === 'UploadPart' ? 4 + 2 : 1 + 2);
  });

  it.each(faults.slice(0, 7))('a small object: %s: %s', async (_, __, fault) => {
    bench.proxy.add({ when: 'PutObject', nth: 1, fault: 'resetAfter' in fault ? { resetAfter: 10 } : fault });
    await bench.store.put('x', streamOf(bytes(100)));
    expect((await bench.stored('x')).equals(bytes(100))).toBe(true);
    expect(bench.proxy.count('PutObject')).toBe(2);
  });

  it('what the server has refused already is not sent to its end', async () => {
    const part = 16 * 1024 ** 2;
    bench.proxy.add({ when: 'UploadPart', nth: 1, fault: { answerAtOnce: 503, code: 'SlowDown' } });
    await bench.open({}, { partSize: () => part }).put('x', streamOf(Buffer.alloc(part)));
    const [refused, taken] = bench.proxy.seen.filter(({ operation }) => operation === 'UploadPart');
    expect([refused?.sha256, taken?.sha256]).toEqual([undefined, expect.any(String)]);
    await expect.poll(() => refused?.cutOff).toBe(true);
  });

  it('a peer that says nothing is given up on', async () => {
    bench.proxy.add({ when: 'UploadPart', nth: 1, fault: { hang: true } });
    await bench.open({}, { idleTimeout: 300 }).put('x', streamOf(content));
    expect((await bench.stored('x')).equals(content)).toBe(true);
  });

  it('tries are counted once, not by the client as well', async () => {
    bench.proxy.add({ when: 'CompleteMultipartUpload', fault: slowDown });
    await failureOf(bench.store.put('x', streamOf(content)));
    expect(bench.proxy.count('CompleteMultipartUpload')).toBe(4);
  });

  it('a part that never arrives fails all of it', async () => {
    bench.proxy.add({ when: ({ operation, part }) => operation === 'UploadPart' && part === 2, fault: slowDown });
    const failure = await failureOf(bench.store.put('x', streamOf(content)));
    expect(failure.message).toBe(`s3://backups/${bench.prefix}: storing part 2 of x: the server fails or is overloaded`);
    expect(bench.proxy.seen.filter(({ part }) => part === 2)).toHaveLength(4);
    expect(await bench.isStored('x')).toBe(false);
  });
});

describe('the answer to the completion is lost', () => {
  const content = bytes(2 * PART);

  it('the object tells that it went well', async () => {
    bench.proxy.add({ when: 'CompleteMultipartUpload', nth: 1, fault: { loseAnswer: true } });
    bench.proxy.add({ when: 'CompleteMultipartUpload', fault: { answer: 404, code: 'NoSuchUpload' } });
    await bench.store.put('x', streamOf(content));
    expect((await bench.stored('x')).equals(content)).toBe(true);
    expect([bench.proxy.count('CompleteMultipartUpload'), bench.proxy.count('HeadObject')]).toEqual([2, 1]);
  });

  it('an older object of the same size is not taken for it, and stays', async () => {
    await bench.store.put('x', streamOf(bytes(2 * PART, 99)));
    bench.proxy.reset();
    bench.proxy.add({ when: 'CompleteMultipartUpload', fault: { answer: 404, code: 'NoSuchUpload' } });
    expect((await failureOf(bench.store.put('x', streamOf(content)))).message).toContain('NoSuchUpload');
    expect((await bench.stored('x')).equals(bytes(2 * PART, 99))).toBe(true);
  });

  it('what was completed all the same is removed when the answer never comes', async () => {
    bench.proxy.add({ when: 'CompleteMultipartUpload', nth: 1, fault: { loseAnswer: true } });
    bench.proxy.add({ when: 'CompleteMultipartUpload', fault: { resetAfter: 1 } });
    expect((await failureOf(bench.store.put('x', streamOf(content)))).message).toContain('the connection breaks');
    expect(await bench.isStored('x')).toBe(false);
  });

  it('so is a small object whose answers never come', async () => {
    bench.proxy.add({ when: 'PutObject', fault: { loseAnswer: true } });
    expect((await failureOf(bench.store.put('x', streamOf(bytes(10))))).message).toContain('the connection breaks');
    expect(await bench.isStored('x')).toBe(false);
  });
});

describe('what will not pass fails at once, and says what to change', () => {
  const parts = () => streamOf(bytes(3 * PART));

  it.each<[number, string, string, string]>([
    [507, 'XMinioStorageFull', 'there is no space left', 'S3_BUCKET'],
    [403, 'QuotaExceeded', 'there is no space left', 'BACKUP_RETENTION_DAYS'],
    [403, 'AccessDenied', 'access is denied', 'AWS_ACCESS_KEY_ID'],
    [403, 'InvalidAccessKeyId', 'the access key is not known there', 'AWS_ACCESS_KEY_ID'],
    [403, 'RequestTimeTooSkewed', "this machine's clock", 'set the clock'],
  ])('%i %s', async (status, code, says, hint) => {
    bench.proxy.add({ when: ({ part }) => part === 2, fault: { answer: status, code } });
    const failure = await failureOf(bench.store.put('x', parts()));
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure.message).toContain(says);
    expect(failure.hints?.join()).toContain(hint);
    expect(bench.proxy.seen.filter(({ part }) => part === 2)).toHaveLength(1);
    expect(await bench.isStored('x')).toBe(false);
  });

  it('an upload that cannot be aborted joins the error as a detail', async () => {
    bench.proxy.add({ when: ({ part }) => part === 2, fault: { answer: 507, code: 'XMinioStorageFull' } });
    bench.proxy.add({ when: 'AbortMultipartUpload', fault: { answer: 403, code: 'AccessDenied' } });
    const failure = await failureOf(bench.store.put('x', parts()));
    expect(failure.message).toContain('there is no space left');
    expect(failure.hints?.join()).toContain('S3_BUCKET');
    expect(failure.details?.join()).toMatch(/the open upload \S+ stays until the next run: .*access is denied/);
    bench.proxy.reset();
    expect(await bench.store.sweep('')).toBe(1);
  });

  it('a secret key that is not the access key’s: the server itself says so', async () => {
    const secretAccessKey = 'W'.repeat(40);
    const failure = await failureOf(bench.open({ secretAccessKey }).probe(''));
    expect(failure.message).toContain('the secret key does not belong to the access key');
    expect(failure.hints?.join()).toContain('AWS_SECRET_ACCESS_KEY');
    expect(JSON.stringify([failure.message, failure.details, failure.hints])).not.toContain(secretAccessKey);
  });

  it('an access key that the server does not know', async () => {
    const failure = await failureOf(bench.open({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }).probe(''));
    expect(failure.message).toContain('the access key is not known there');
    expect(JSON.stringify([failure.message, failure.details, failure.hints])).not.toContain('AKIAIOSFODNN7EXAMPLE');
  });

  it.each([10, 2 * PART])('a bucket that is not there (%i bytes)', async (count) => {
    const failure = await failureOf(bench.open({ bucket: 'nothing-here' }).put('x', streamOf(bytes(count))));
    expect(failure.message).toContain('there is no such bucket');
    expect(failure.hints?.join()).toContain('S3_BUCKET');
    expect(await failureOf(contentOf(bench.open({ bucket: 'nothing-here' }).get('x')))).not.toBeInstanceOf(MissingError);
  });

  it('a port that nobody listens on', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const failure = await failureOf(bench.open({ endpoint: `http://127.0.0.1:${port}` }).probe(''));
    expect(failure.message).toContain('nobody listens there');
    expect(failure.hints?.join()).toContain('S3_ENDPOINT');
  });

  it('a host name that is not known', async () => {
    const failure = await failureOf(bench.open({ endpoint: 'http://s3.invalid' }).probe(''));
    expect(failure.message).toContain('its host name is not known');
  });

  it('https where http is spoken', async () => {
    const failure = await failureOf(bench.open({ endpoint: bench.proxy.endpoint.replace('http:', 'https:') }).probe(''));
    expect(failure.message).toContain('no secure connection');
  });

  it('a server that does not speak S3', async () => {
    bench.proxy.add({ when: () => true, fault: { answer: 404, body: '<html>Not Found</html>' } });
    expect((await failureOf(bench.open().probe(''))).hints?.join()).toContain('S3_ENDPOINT');
  });
});

describe('together with another store', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-both-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('both have it, or none', async () => {
    const local = localStore(folder);
    const content = bytes(3 * PART + 1);
    await putToAll([local, bench.store], 'app/x', streamOf(content));
    for (const one of [local, bench.store]) expect((await contentOf(one.get('app/x'))).equals(content)).toBe(true);
    await local.remove(['app/x']);
    await bench.store.remove(['app/x']);
    bench.proxy.add({ when: 'CompleteMultipartUpload', fault: { answer: 507, code: 'XMinioStorageFull' } });
    expect((await failureOf(putToAll([local, bench.store], 'app/x', streamOf(content)))).message).toContain('there is no space left');
    expect(readdirSync(folder)).toEqual([]);
    expect(await bench.isStored('app/x')).toBe(false);
  });
});
