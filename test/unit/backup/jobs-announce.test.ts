import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeLog } from '../../../scripts/lib/backup/daemon/log.js';
import { announcerOf } from '../../../scripts/lib/backup/jobs/announce.js';
import type { JobFailure } from '../../../scripts/lib/backup/jobs/index.js';
import { Secret } from '../../../scripts/lib/config/secret.js';

let received: Record<string, unknown>[];
let lines: string[];
let heard: () => void;
let close: () => Promise<void>;
let url: string;

beforeEach(async () => {
  received = [];
  lines = [];
  heard = () => {};
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push(JSON.parse(body) as Record<string, unknown>);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook-with-a-secret`;
  close = () => new Promise((resolve) => void server.close(() => resolve()));
});
afterEach(() => close());

const failure: JobFailure = {
  job: 'tidy',
  due: '2026-05-01T03:00:00Z',
  reason: 'failed',
  message: 'tidy ended with exit code 3 after 1 s',
  exitCode: 3,
};
const done = { job: 'tidy', due: '2026-05-02T03:00:00Z', seconds: 1 };

/** @returns what tells the webhook, at a time that the test sets */
function announcer(clock: { now: number }, address = url) {
  const log = makeLog(
    (line) => {
      lines.push(line);
      heard();
    },
    (text) => text,
  );
  return announcerOf({ stack: 'shop', url: () => new Secret(address), log, signal: new AbortController().signal, now: () => clock.now });
}

/** Resolves when the log has so many lines: one follows each telling. */
const logged = (count: number) =>
  new Promise<void>((resolve) => {
    heard = () => {
      if (lines.length >= count) resolve();
    };
    heard();
  });

test('the webhook is told of a job that fails, and when it works again', async () => {
  const { onFailure, onDone } = announcer({ now: 0 });
  onFailure(failure);
  await logged(1);
  onDone(done);
  await logged(2);
  expect(received).toMatchObject([
    {
      stack: 'shop',
      event: 'failure',
      job: 'tidy',
      kind: 'failed',
      message: 'the job tidy failed: tidy ended with exit code 3 after 1 s',
      due: '2026-05-01T03:00:00Z',
      text: '❌ shop: the job tidy failed: tidy ended with exit code 3 after 1 s',
    },
    { event: 'recovery', job: 'tidy', kind: 'failed', text: '✅ shop: the job tidy works again' },
  ]);
});

test('of a job that keeps failing it is told once an hour, and at once of another failure or another job', async () => {
  const clock = { now: 0 };
  const { onFailure } = announcer(clock);
  const times = [0, 60_000, 3_599_000, 3_600_000];
  for (const time of times) {
    clock.now = time;
    onFailure(failure);
  }
  onFailure({ ...failure, reason: 'lost' });
  onFailure({ ...failure, job: 'other' });
  await logged(4);
  expect(received.map(({ job, kind }) => `${job} ${kind}`).sort()).toEqual(['other failed', 'tidy failed', 'tidy failed', 'tidy lost']);
});

test('a job that works is not told of, nor is anything told when nobody wants to know', async () => {
  const works = announcer({ now: 0 });
  works.onDone(done);
  const silent = announcer({ now: 0 }, '');
  silent.onFailure(failure);
  works.onFailure({ ...failure, job: 'last' });
  await logged(1);
  expect(received).toMatchObject([{ job: 'last' }]);
});
