import { describe, expect, test } from 'vitest';
import type { JobState } from '../../../scripts/lib/backup/daemon/state.js';
import { announcementOf, payloadOf } from '../../../scripts/lib/backup/daemon/webhook.js';
import { failure, success } from './daemon-states.js';

const due = '2026-11-22T02:00:00.000Z';
const first = failure('2026-11-22T02:01:00.000Z', { due });
const told = { at: first.at, kind: first.kind, due };
const announced = (state: Partial<JobState>, doneLater?: string) => announcementOf('backup', { failures: {}, ...state }, doneLater);

describe('somebody is told', () => {
  test('of the first failure', () => {
    expect(announced({ failure: first })).toMatchObject({
      event: 'failure',
      kind: 'store',
      message: 'the backup failed: s3://bucket: it is full',
      at: first.at,
    });
  });

  test('not of each retry; of one that is about something else, and of the next night', () => {
    const retry = failure('2026-11-22T02:06:00.000Z', { due });
    expect(announced({ failure: retry, announced: told })).toBeUndefined();
    expect(announced({ failure: { ...retry, kind: 'postgres' }, announced: told })).toMatchObject({ event: 'failure', kind: 'postgres' });
    const nextNight = failure('2026-11-23T02:01:00.000Z', { due: '2026-11-23T02:00:00.000Z' });
    expect(announced({ failure: nextNight, announced: told })).toMatchObject({ event: 'failure' });
  });

  test('when it works again, whoever did it, and once', () => {
    const again = success('2026-11-22T02:07:00.000Z', { set: '20261122_020601' });
    expect(announced({ failure: first, success: again, announced: told })).toMatchObject({
      event: 'recovery',
      message: 'the backup works again',
      set: '20261122_020601',
      at: again.ended,
    });
    expect(announced({ failure: first, announced: told }, '2026-11-22T02:30:00.000Z')).toMatchObject({ event: 'recovery' });
    expect(announced({ failure: first, success: again })).toBeUndefined();
  });

  test('of nothing while all is well', () => {
    expect(announced({})).toBeUndefined();
    expect(announced({ success: success(due) })).toBeUndefined();
  });
});

test('the document says what failed, and has the text that Slack shows', () => {
  const announcement = announced({ failure: { ...first, details: ['the bucket has 0 bytes left'] } });
  expect(announcement && payloadOf(announcement, 'shop', 'cron-1')).toEqual({
    stack: 'shop',
    event: 'failure',
    job: 'backup',
    kind: 'store',
    message: 'the backup failed: s3://bucket: it is full',
    details: ['the bucket has 0 bytes left'],
    set: null,
    at: first.at,
    host: 'cron-1',
    text: '❌ shop: the backup failed: s3://bucket: it is full\nthe bucket has 0 bytes left',
  });
});

test('what looks like a call of a chat is shown as it is', () => {
  const announcement = announced({ failure: { ...first, details: ['<!channel> a & b'] } });
  const document = announcement && payloadOf(announcement, 'shop', 'cron-1');
  expect(document).toMatchObject({ details: ['<!channel> a & b'], text: expect.stringContaining('\n&lt;!channel&gt; a &amp; b') });
});
