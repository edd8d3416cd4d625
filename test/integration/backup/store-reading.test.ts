import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { MissingError, StoreError } from '../../../scripts/lib/backup/store/errors.js';
import { bytes, contentOf, failureOf, streamOf } from '../../unit/backup/store/bytes.js';
import { PART, useBench } from './store-fixture.js';

const bench = useBench();
const about = (key: string) => bench.server.client.send(new HeadObjectCommand(bench.at(key)));

describe('reading', () => {
  const content = bytes(5 * PART);
  beforeEach(async () => {
    await bench.store.put('x', streamOf(content));
    bench.proxy.reset();
  });

  it('a connection that breaks goes on where it was', async () => {
    bench.proxy.add({ when: 'GetObject', nth: 1, fault: { truncateAfter: 100_000 } });
    bench.proxy.add({ when: 'GetObject', nth: 1, fault: { truncateAfter: 100_001 } });
    expect((await contentOf(bench.store.get('x'))).equals(content)).toBe(true);
    const { ETag } = await about('x');
    expect(bench.proxy.seen.map(({ headers }) => [headers.range, headers['if-match']])).toEqual([
      [undefined, undefined],
      ['bytes=100000-', ETag],
      ['bytes=200001-', ETag],
    ]);
  });

  it('a connection that always breaks is given up on, and what came is not taken for all', async () => {
    bench.proxy.add({ when: 'GetObject', fault: { truncateAfter: 1_000 } });
    const failure = await failureOf(contentOf(bench.store.get('x')));
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure.message).toContain(`breaks off after 4000 of ${content.length} bytes`);
    expect(bench.proxy.count('GetObject')).toBe(4);
  });

  it('an object that is replaced meanwhile is not mixed with the old one', async () => {
    bench.proxy.add({ when: 'GetObject', nth: 1, fault: { truncateAfter: 1_000 } });
    const stream = bench.store.get('x')[Symbol.asyncIterator]();
    await stream.next();
    await bench.store.put('x', streamOf(bytes(5 * PART, 2)));
    const rest = { [Symbol.asyncIterator]: () => stream };
    expect((await failureOf(contentOf(rest))).message).toContain('was replaced while it was being read');
  });

  it('a server that begins anew is not believed', async () => {
    bench.proxy.add({ when: 'GetObject', nth: 1, fault: { truncateAfter: 1_000 } });
    bench.proxy.add({ when: 'GetObject', nth: 1, fault: { answer: 200, body: 'from the beginning' } });
    expect((await failureOf(contentOf(bench.store.get('x')))).message).toContain('the server cannot go on from there');
  });

  it('an overloaded server is asked again', async () => {
    bench.proxy.add({ when: 'GetObject', nth: 1, fault: { answer: 503, code: 'SlowDown' } });
    expect((await contentOf(bench.store.get('x'))).equals(content)).toBe(true);
  });

  it('what is not there is missing', async () => {
    expect(await failureOf(contentOf(bench.store.get('nothing')))).toBeInstanceOf(MissingError);
  });

  it('it stops when its signal aborts', async () => {
    const controller = new AbortController();
    bench.proxy.add({ when: 'GetObject', fault: { hang: true }, onHit: () => controller.abort(new Error('stop')) });
    expect((await failureOf(contentOf(bench.store.get('x', controller.signal)))).message).toBe('stop');
  });

  it('a reader that stops early lets go of the connection', async () => {
    for await (const _ of bench.store.get('x')) break;
    expect((await contentOf(bench.store.get('x'))).equals(content)).toBe(true);
  });
});

describe('listing and removing', () => {
  const names = Array.from({ length: 12 }, (_, index) => `app/${String(index).padStart(2, '0')}/x`);
  beforeEach(async () => {
    for (const name of [...names, 'apple/x']) await bench.server.client.send(new PutObjectCommand({ ...bench.at(name), Body: name }));
  });

  it('pages are put together, and keys are relative to the prefix', async () => {
    expect(await bench.keys('app/')).toEqual(names);
    expect(await bench.keys('')).toEqual([...names, 'apple/x']);
    expect(bench.proxy.count('ListObjectsV2')).toBeGreaterThan(3);
    for await (const { bytes: size, modified } of bench.store.list('apple/')) {
      expect(size).toBe('apple/x'.length);
      expect(Math.abs(Date.now() - modified.getTime())).toBeLessThan(60_000);
    }
  });

  it('many are removed with one request, whether they are there or not', async () => {
    await bench.store.remove([...names, 'app/nothing']);
    expect(await bench.keys('')).toEqual(['apple/x']);
    expect([bench.proxy.count('DeleteObjects'), bench.proxy.count('DeleteObject')]).toEqual([1, 0]);
    await bench.store.remove(['apple/x', 'apple/x', 'nothing']);
    await bench.store.remove([]);
    expect(await bench.keys('')).toEqual([]);
  });

  it.each([
    [501, 'NotImplemented'],
    [400, 'MissingContentMD5'],
    [400, 'InvalidRequest'],
    [400, 'BadDigest'],
    [405, 'MethodNotAllowed'],
  ])('a server that refuses that (%i %s) is asked one by one, from then on', async (answer, code) => {
    bench.proxy.add({ when: 'DeleteObjects', fault: { answer, code } });
    await bench.store.remove(names.slice(0, 3));
    const asked = bench.proxy.count('DeleteObjects');
    await bench.store.remove(names.slice(3));
    expect(await bench.keys('')).toEqual(['apple/x']);
    expect(bench.proxy.count('DeleteObjects')).toBe(asked);
    expect(bench.proxy.count('DeleteObject')).toBe(names.length);
  });

  it('what may not be removed is named', async () => {
    const error = `<Error><Key>${bench.prefix}/${names[1]}</Key><Code>AccessDenied</Code><Message>locked</Message></Error>`;
    bench.proxy.add({ when: 'DeleteObjects', fault: { answer: 200, body: `<DeleteResult>${error}</DeleteResult>` } });
    const failure = await failureOf(bench.store.remove(names));
    expect(failure.message).toContain('1 of 12 objects could not be removed');
    expect(failure.details).toEqual([`${bench.prefix}/${names[1]}: AccessDenied: locked`]);
  });
});

describe('sweeping', () => {
  const begin = async (key: string) => {
    const { UploadId } = await bench.server.client.send(new CreateMultipartUploadCommand(bench.at(key)));
    await bench.server.client.send(new UploadPartCommand({ ...bench.at(key), UploadId, PartNumber: 1, Body: 'half' }));
    return UploadId ?? '';
  };

  it('removes the open uploads below a prefix, and nothing else', async () => {
    await bench.store.put('app/x', streamOf(bytes(10)));
    for (const key of ['app/1/a', 'app/1/b']) await begin(key);
    const other = await begin('apple/1/a');
    expect(await bench.store.sweep('app/')).toBe(2);
    expect(await bench.uploads()).toEqual(['apple/1/a']);
    expect(await bench.keys('app/')).toEqual(['app/x']);
    await bench.server.client.send(new AbortMultipartUploadCommand({ ...bench.at('apple/1/a'), UploadId: other }));
    expect(await bench.store.sweep('app/')).toBe(0);
  });

  it('pages are put together, and an upload that is gone meanwhile is no error', async () => {
    const ids = [await begin('app/a'), await begin('app/b')];
    const page = (key: string, id: string | undefined, more: string) =>
      `<ListMultipartUploadsResult>${more}<Upload><Key>${bench.prefix}/${key}</Key><UploadId>${id}</UploadId></Upload></ListMultipartUploadsResult>`;
    const more = `<IsTruncated>true</IsTruncated><NextKeyMarker>${bench.prefix}/app/a</NextKeyMarker><NextUploadIdMarker>${ids[0]}</NextUploadIdMarker>`;
    const pages = [page('app/a', ids[0], more), page('app/gone', 'gone', more), page('app/b', ids[1], '<IsTruncated>false</IsTruncated>')];
    // Of the rules that are left, each counts the requests that come to it.
    for (const body of pages) bench.proxy.add({ when: 'ListMultipartUploads', nth: 1, fault: { answer: 200, body } });
    expect(await bench.store.sweep('app/')).toBe(3);
    expect(bench.proxy.seen.filter(({ operation }) => operation === 'ListMultipartUploads')[1]?.url).toContain('key-marker=');
  });
});

describe('probing', () => {
  it('leaves nothing, and has nothing to say about a server that can do everything', async () => {
    expect(await bench.store.probe('app/')).toEqual([]);
    expect(await bench.keys('')).toEqual([]);
    expect(bench.proxy.count('CompleteMultipartUpload')).toBe(1);
  });

  const hasChecksum = ({ headers }: { headers: Record<string, unknown> }) =>
    Object.keys(headers).some((name) => name.startsWith('x-amz-checksum-') || name === 'x-amz-sdk-checksum-algorithm');

  it.each([
    [501, 'NotImplemented', 'PutObject'],
    [400, 'InvalidArgument', 'PutObject'],
    [400, 'XAmzContentChecksumMismatch', 'PutObject'],
    [403, 'SignatureDoesNotMatch', 'PutObject'],
    [501, 'NotImplemented', 'UploadPart'],
    [400, 'InvalidRequest', 'CreateMultipartUpload'],
  ])('a server that refuses checksums (%i %s to %s) is used without them, with a warning', async (answer, code, operation) => {
    bench.proxy.add({ when: (seen) => seen.operation === operation && hasChecksum(seen), fault: { answer, code } });
    const [warning, ...others] = await bench.store.probe('app/');
    expect(warning).toMatch(/^s3:\/\/backups\/\S+: the server refuses checksums/);
    expect(others).toEqual([]);
    bench.proxy.reset();
    for (const count of [10, 3 * PART]) await bench.store.put('app/x', streamOf(bytes(count)));
    expect(bench.proxy.seen.filter(hasChecksum)).toEqual([]);
    expect((await bench.stored('app/x')).equals(bytes(3 * PART))).toBe(true);
  });

  it('a server that does not list open uploads is used, with a warning', async () => {
    bench.proxy.add({ when: 'ListMultipartUploads', fault: { answer: 501, code: 'NotImplemented' } });
    expect((await failureOf(bench.store.sweep(''))).message).toContain('NotImplemented');
    const [warning] = await bench.store.probe('app/');
    expect(warning).toContain('the server does not list open uploads');
    expect(await bench.store.sweep('app/')).toBe(0);
  });

  it.each(['PutObject', 'CreateMultipartUpload', 'GetObject', 'DeleteObject', 'ListObjectsV2', 'ListMultipartUploads'])(
    'a key that may not do %s is refused, with what it needs',
    async (operation) => {
      bench.proxy.add({ when: operation, fault: { answer: 403, code: 'AccessDenied' } });
      const failure = await failureOf(bench.store.probe('app/'));
      expect(failure.message).toContain('access is denied');
      expect(failure.hints?.join()).toContain('s3:PutObject');
    },
  );

  it('an object that comes back changed is noticed', async () => {
    bench.proxy.add({ when: 'GetObject', fault: { answer: 200, body: 'x'.repeat(64) } });
    expect((await failureOf(bench.store.probe('app/'))).message).toContain('did not come back as it was written');
  });
});
