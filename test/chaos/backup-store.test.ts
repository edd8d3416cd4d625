import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ListResult } from '../../scripts/lib/backup/sidecar/results.js';
import { backedUp, baseUp, makeSet, setsOf, sql } from '../helpers/backups.js';
import { gatewayOf, killRun } from '../helpers/cron-container.js';
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.js';
import { type S3Server, startS3Server } from '../helpers/s3-server.js';
import { createStack, type Stack } from '../helpers/stack.js';

const MINUTE = 60_000;
/** `npm run test:chaos` asks for all of it; `npm test` for a part that takes a minute. */
const full = process.env.CHAOS === 'full';
const BROKEN = full ? 16 : 3;
/** Each takes more than a minute, in which the run does not give up hope. */
const GONE = 6;
const KILLED = full ? 12 : 2;

let stack: Stack;
let s3: S3Server;
let proxy: FaultProxy;

beforeAll(async () => {
  stack = await createStack();
  await baseUp(stack);
  s3 = await startS3Server(`${stack.name}x`);
  proxy = await startFaultProxy(s3.endpoint, await gatewayOf(stack));
  stack.set({
    S3_BUCKET: s3.bucket,
    S3_ENDPOINT: proxy.endpoint,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  });
  const upgraded = await stack.start('base', ['upgrade', '--yes']).ended;
  expect(upgraded.exitCode, `${upgraded.stderr}\n${upgraded.stdout}`).toBe(0);
  // Some 30 MiB as they are stored, so that there are parts.
  sql(stack, 'CREATE TABLE t AS SELECT g, md5(g::text) || md5((g + 1)::text) AS x FROM generate_series(1, 700000) g');
});

afterAll(async () => {
  await proxy?.stop();
  await s3?.stop();
  await stack?.destroy();
});

/** Requests of a run that went well. */
let requests: number;

test('a run through the proxy is whole, and takes several parts', async () => {
  const { set } = await makeSet(stack);
  requests = proxy.seen.length;
  expect(proxy.count('UploadPart')).toBeGreaterThan(2);
  await backedUp(stack, 'verify', set);
});

test(
  `a connection that breaks at a random byte of a random request costs a try, not the set (${BROKEN} times)`,
  async () => {
    for (let round = 0; round < BROKEN; round++) {
      proxy.reset();
      const fault =
        round % 2 === 0 ? { resetAfter: Math.floor(Math.random() * 2 ** 20) } : { truncateAfter: Math.floor(Math.random() * 2 ** 16) };
      proxy.add({ when: () => true, nth: 1 + Math.floor(Math.random() * requests), fault });
      const { set } = await makeSet(stack);
      proxy.reset();
      await backedUp(stack, 'verify', set);
    }
  },
  BROKEN * MINUTE,
);

test.skipIf(!full)(
  `a store that is gone from a random request on fails the run and leaves no set, or a whole one (${GONE} times)`,
  async () => {
    let failed = 0;
    for (let round = 0; round < GONE; round++) {
      proxy.reset();
      const before = await setsOf(stack);
      proxy.reset();
      const last = 1 + Math.floor(Math.random() * (requests - 2));
      proxy.add({ when: () => proxy.seen.length > last, fault: { resetAfter: 0 } });
      const ended = await stack.start('backup', ['run']).ended;
      proxy.reset();
      const made = (await setsOf(stack)).filter((set) => !before.includes(set));
      // Gone when the set was complete already, it only kept old ones from being removed.
      for (const set of made) await backedUp(stack, 'verify', set);
      expect([ended.exitCode, made.length], ended.stderr).toEqual(ended.exitCode === 0 ? [0, 1] : [1, 0]);
      failed += made.length === 0 ? 1 : 0;
    }
    expect(failed, 'runs that it failed').toBeGreaterThan(0);
    await backedUp(stack, 'verify', (await makeSet(stack)).set);
  },
  (GONE + 1) * 4 * MINUTE,
);

test(
  `a run that is killed while it stores leaves no set, and the next one puts its uploads away (${KILLED} times)`,
  async () => {
    for (let round = 0; round < KILLED; round++) {
      proxy.reset();
      const before = await setsOf(stack);
      proxy.reset();
      const storing = new Promise<void>((resolve) => {
        proxy.add({ when: 'UploadPart', nth: 1 + (round % 3), fault: { hang: true }, onHit: resolve });
      });
      const run = stack.start('backup', ['run']);
      await Promise.race([storing, run.ended]);
      expect(killRun(stack)).toBe(true);
      expect((await run.ended).exitCode).not.toBe(0);
      proxy.reset();
      expect(await setsOf(stack)).toEqual(before);
    }
    const { set } = await makeSet(stack);
    await backedUp(stack, 'verify', set);
    const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }));
    expect(Uploads).toEqual([]);
    const { incomplete } = await backedUp<ListResult>(stack, 'list');
    expect(incomplete.filter(({ fault }) => fault !== 'unfinished')).toEqual([]);
  },
  (KILLED + 1) * MINUTE,
);
