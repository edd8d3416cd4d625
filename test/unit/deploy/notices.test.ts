import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { documentOf, type Ending, type Notice, type Subject, textOf } from '../../../scripts/lib/deploy/notices/notice.js';
import { withoutDeployWebhook } from '../../../scripts/lib/deploy/releases/release-snapshot.js';

const subject: Subject = {
  command: 'deploy',
  stack: 'shop',
  version: 'v2',
  release: 'v2-20260501T115500Z',
  colour: 'green',
  revision: 'c0ffeec0ffee0123456789',
  operation: 7,
  by: 'ada@laptop',
  before: { version: 'v1', colour: 'blue' },
  cutOffAt: undefined,
};
const [v1, v2] = [{ version: 'v1', colour: 'blue' } as const, { version: 'v2', colour: 'green' } as const];

function notice(ending: Ending, live: Notice['live'], about: Partial<Subject> = {}): Notice {
  return { subject: { ...subject, ...about }, ending, live, milliseconds: 42_345, at: '2026-05-01T11:55:42.000Z' };
}
const failed = (reason: string, exitCode = 1): Ending => ({ event: 'failed', reason, exitCode });

describe('a person reads', () => {
  test.each<[string, Notice, string]>([
    [
      'what is live, where, instead of what, how long it took, who did it, and the commit',
      notice({ event: 'deployed' }, v2),
      '✅ shop: v2 is live (green), in place of v1, after 42.3 s, by ada@laptop, commit c0ffeec0ffee',
    ],
    [
      'of a first deploy out of git no more than there is',
      notice({ event: 'deployed' }, v2, { before: undefined, revision: undefined }),
      '✅ shop: v2 is live (green), after 42.3 s, by ada@laptop',
    ],
    [
      'that the working tree had changes',
      notice({ event: 'deployed' }, v2, { revision: 'c0ffeec0ffee0123456789-dirty' }),
      '✅ shop: v2 is live (green), in place of v1, after 42.3 s, by ada@laptop, commit c0ffeec0ffee-dirty',
    ],
    [
      'what was gone back to',
      notice({ event: 'rolled-back' }, v1, { command: 'rollback', version: 'v1', colour: 'blue', before: v2, revision: undefined }),
      '↩️ shop: v1 is live again (blue), in place of v2, after 42.3 s, by ada@laptop',
    ],
    [
      'why a deploy failed, and what serves',
      notice(failed('check web: it answered 500'), v1),
      '❌ shop: deploy v2 failed, after 42.3 s, by ada@laptop: check web: it answered 500. v1 serves (blue).',
    ],
    [
      'that a person has to look',
      notice(failed('the edge is gone', 4), undefined),
      '❌ shop: deploy v2 failed, after 42.3 s, by ada@laptop: the edge is gone. No release is live. 🚨 A person has to look: npx zx scripts/status.mjs',
    ],
    [
      'that a deploy was stopped',
      notice({ event: 'interrupted', reason: 'interrupted', exitCode: 130 }, v1),
      '⏹️ shop: deploy v2 was interrupted, after 42.3 s, by ada@laptop. v1 serves (blue).',
    ],
    [
      'what became of one that was cut off',
      notice({ event: 'recovered', what: 'finished' }, v2, { cutOffAt: 'drain', before: undefined }),
      '🔧 shop: deploy v2, which was cut off at "drain", is finished, after 42.3 s, by ada@laptop. v2 serves (green).',
    ],
    [
      'that what serves is not known',
      notice(failed('the lock is lost'), 'unknown'),
      '❌ shop: deploy v2 failed, after 42.3 s, by ada@laptop: the lock is lost. What serves is not known.',
    ],
  ])('%s', (_, told, text) => {
    expect(textOf(told)).toBe(text);
    expect(documentOf(told).text).toBe(text);
  });
});

describe('a program reads', () => {
  test('of each operation the same keys', () => {
    expect(documentOf(notice(failed('check web: <500>'), v1))).toEqual({
      text: expect.stringContaining('check web: &lt;500&gt;'),
      event: 'failed',
      command: 'deploy',
      stack: 'shop',
      version: 'v2',
      release: 'v2-20260501T115500Z',
      colour: 'green',
      revision: 'c0ffeec0ffee0123456789',
      operation: 7,
      by: 'ada@laptop',
      before: v1,
      live: v1,
      cutOffAt: null,
      recovery: null,
      reason: 'check web: <500>',
      exitCode: 1,
      seconds: 42.3,
      at: '2026-05-01T11:55:42.000Z',
    });
    const keys = (ending: Ending, live: Notice['live'], about?: Partial<Subject>) => Object.keys(documentOf(notice(ending, live, about)));
    const all = keys(failed('x'), v1);
    expect(keys({ event: 'deployed' }, v2, { before: undefined, revision: undefined })).toEqual(all);
    expect(keys({ event: 'recovered', what: 'undone' }, 'unknown', { cutOffAt: 'cut' })).toEqual(all);
  });

  test('null for what is not known or does not apply', () => {
    const document = documentOf(notice({ event: 'recovered', what: 'undone' }, 'unknown', { before: undefined, revision: undefined }));
    expect(document).toMatchObject({ live: null, before: null, revision: null, reason: null, recovery: 'undone', exitCode: 0 });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  test('no key that a chat takes for its own', () => {
    const own = [
      'type',
      'channel',
      'username',
      'icon_url',
      'icon_emoji',
      'attachments',
      'blocks',
      'props',
      'priority',
      'metadata',
      'payload',
    ];
    expect(Object.keys(documentOf(notice({ event: 'deployed' }, v2))).filter((key) => own.includes(key))).toEqual([]);
  });
});

test('whatever the reason is, the text is short enough for every chat, and calls nobody', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 5_000, size: 'max' }), (reason) => {
      const text = String(documentOf(notice(failed(reason), v1)).text);
      expect(text.length).toBeLessThanOrEqual(2_000);
      expect(text).not.toMatch(/[<>]/);
    }),
    { examples: [['<'.repeat(5_000)]] },
  );
});

test('a copy of .env for the cron container is without the webhook of deploys, and says so', () => {
  const text =
    'STACK=shop\n\nDEPLOY_WEBHOOK_URL="https://x/secret"\n export DEPLOY_WEBHOOK_URL = https://x/secret\nBACKUP_WEBHOOK_URL=https://y/z\n';
  const instead = '# DEPLOY_WEBHOOK_URL is in no backup: set it anew.';
  expect(withoutDeployWebhook(text)).toBe(`STACK=shop\n\n${instead}\n${instead}\nBACKUP_WEBHOOK_URL=https://y/z\n`);
});
