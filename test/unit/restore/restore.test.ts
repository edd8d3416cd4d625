import { describe, expect, test } from 'vitest';
import type { KeptRestore, RestoreFacts } from '../../../scripts/lib/backup/sidecar/restore-results.js';
import { type CronSession, openSession } from '../../../scripts/lib/cron/session.js';
import { copyBackCommand } from '../../../scripts/lib/restore/copy-back.js';
import { leftGate } from '../../../scripts/lib/restore/gate.js';
import { type Goal, intentOf, planRestore } from '../../../scripts/lib/restore/plan.js';
import { planForget, planUndo, undoable } from '../../../scripts/lib/restore/plan-back.js';
import { parseRestore, type RestoreFlags } from '../../../scripts/lib/restore/request.js';

const flags: RestoreFlags = {
  set: 'latest',
  only: undefined,
  database: [],
  table: [],
  toDatabase: undefined,
  fromFile: undefined,
  fromStack: undefined,
  undo: false,
  forget: false,
  skipSafetySet: false,
};

const facts: RestoreFacts = {
  stamp: '20261122_101112',
  set: { id: '20261122_020000', stack: 'shop', began: '', release: 'v1', encrypted: false, stores: ['local'] },
  databases: [
    { name: 'app', bytes: 2048, tables: 3, rows: 40, live: { bytes: 1, empty: false }, fresh: 'app_restore_x', before: 'app_before_x' },
    { name: 'new', bytes: 10, tables: 1, rows: 1, live: undefined, fresh: 'new_restore_x', before: 'new_before_x' },
  ],
  skipped: [],
  roles: true,
  redis: { keys: 7, bytes: 100, liveKeys: 5 },
  volumes: [{ name: 'media', bytes: 10, volume: 'shop-app_media', mounted: true }],
  warnings: [],
  cutOff: [],
};
const request = { set: 'latest', fromStack: undefined, kinds: [], databases: [], tables: [], toDatabase: undefined, file: undefined };
const goal: Goal = { request, file: undefined, safetySet: true, isLive: true };
const ids = (plan: { steps: readonly { id: string }[] }) => plan.steps.map(({ id }) => id);

describe('the plan of a restore', () => {
  test('does all that takes time beside what is live, and then swaps: first what is taken back in a moment, Redis last', () => {
    expect(ids(planRestore(facts, goal))).toEqual([
      'safety-set',
      'roles',
      'load-database app',
      'load-database new',
      'load-files media',
      'load-redis',
      'maintenance-on',
      'swap-files',
      'swap-postgres',
      'swap-redis',
      'maintenance-off',
    ]);
  });

  test('says what replaces what', () => {
    const { title, steps, replaces } = planRestore(facts, goal);
    expect(title).toBe('restore the set 20261122_020000 of shop, of the release v1, from local: app, new, Redis, files media');
    expect(steps.find(({ id }) => id === 'swap-postgres')?.title).toBe(
      'swap the databases: app → app_before_x, app_restore_x → app, new_restore_x → new',
    );
    expect(replaces).toEqual(['app', 'Redis', 'media']);
  });

  test('turns nobody away while no release is live', () => {
    expect(ids(planRestore(facts, { ...goal, isLive: false }))).not.toContain('maintenance-on');
  });

  test('takes a safety set of what is not empty, and none on a bare machine', () => {
    const bare: RestoreFacts = {
      ...facts,
      databases: facts.databases.map((database) => ({ ...database, live: { bytes: 1, empty: true } })),
      redis: { keys: 7, bytes: 100, liveKeys: 0 },
      volumes: [{ name: 'media', bytes: 10, volume: 'shop-app_media', mounted: false }],
    };
    const plan = planRestore(bare, { ...goal, isLive: false });
    expect(ids(plan)).not.toContain('safety-set');
    expect(plan.steps[0]).toMatchObject({ kind: 'mount', volumes: { media: 'shop-app_media' } });
    const partly = planRestore({ ...bare, redis: { keys: 7, bytes: 100, liveKeys: 1 } }, goal);
    expect(partly.steps[1]).toMatchObject({ step: { kind: 'safety-set', kinds: ['redis'] } });
  });

  test('says loudly what --skip-safety-set costs', () => {
    const plan = planRestore(facts, { ...goal, safetySet: false });
    expect(ids(plan)).not.toContain('safety-set');
    expect(plan.notes.join('\n')).toMatch(/what Redis has now is lost for good/);
  });

  test('beside what is live replaces nothing', () => {
    const one = { ...facts, databases: facts.databases.slice(0, 1), redis: undefined, volumes: [] };
    const beside = { ...goal, safetySet: false, request: { ...request, toDatabase: 'yesterday' } };
    const plan = planRestore(one, beside);
    expect(ids(plan)).toEqual(['roles', 'load-database app']);
    expect(plan).toMatchObject({ replaces: [], notes: [] });
    expect(intentOf(one, beside)).toMatchObject({ swaps: [], redis: false, beside: [{ name: 'yesterday', forget: false }] });
    const tables = { ...goal, request: { ...request, tables: ['public.notes'] } };
    expect(planRestore(one, tables).steps.at(-1)).toMatchObject({
      step: { kind: 'load-tables', into: 'app_restore_x', tables: ['public.notes'] },
    });
    expect(intentOf(one, tables).beside).toEqual([{ name: 'app_restore_x', forget: true }]);
  });

  test('is written down with all that it will swap', () => {
    expect(intentOf(facts, goal)).toEqual({
      stamp: '20261122_101112',
      set: '20261122_020000',
      stack: 'shop',
      swaps: [
        { name: 'app', fresh: 'app_restore_x', before: 'app_before_x' },
        { name: 'new', fresh: 'new_restore_x', before: undefined },
      ],
      volumes: ['media'],
      redis: true,
      beside: [],
    });
  });
});

const kept: KeptRestore = {
  stamp: '20261122_101112',
  state: 'done',
  set: '20261122_020000',
  stack: 'shop',
  swaps: [{ name: 'app', fresh: 'app_restore_x', before: 'app_before_x' }],
  volumes: ['media'],
  redis: true,
  safetySet: '20261122_101113',
  pinned: ['20261122_101113'],
  databases: [{ name: 'app_before_x', bytes: 1024 }],
};

describe('the plan of an undo', () => {
  test('brings Redis back from the safety set, and swaps the rest back', () => {
    expect(ids(planUndo(kept, { safetySet: true, isLive: true }))).toEqual([
      'safety-set',
      'load-redis',
      'maintenance-on',
      'swap-files',
      'swap-postgres',
      'swap-redis',
      'maintenance-off',
    ]);
  });

  test('says so when a release went live together with the data', () => {
    expect(planUndo({ ...kept, release: 'v1' }, { safetySet: true, isLive: true }).notes[0]).toMatch(/^v1 went live together/);
  });

  test('leaves Redis alone where no safety set was taken, and says so', () => {
    const plan = planUndo({ ...kept, safetySet: undefined }, { safetySet: true, isLive: false });
    expect(ids(plan)).toEqual(['swap-files', 'swap-postgres']);
    expect(plan.notes[0]).toMatch(/^Redis keeps what it has now/);
  });

  test('is refused when a database of before is gone', () => {
    expect(() => planUndo({ ...kept, databases: [] }, { safetySet: true, isLive: true })).toThrow(/app_before_x is gone/);
  });

  test('is of the newest restore that stands', () => {
    const older = { ...kept, stamp: '20260101_000000' };
    const table = { ...kept, stamp: '20261201_000000', swaps: [], volumes: [], redis: false };
    expect(undoable({ restores: [older, kept, table], cutOff: [] })).toBe(kept);
    expect(undoable({ restores: [older, { ...kept, state: 'undone' }], cutOff: [] })).toBe(older);
    expect(() => undoable({ restores: [], cutOff: [] })).toThrow('there is no restore to undo');
  });
});

test('forgetting drops databases and files, and unpins safety sets, of every restore', () => {
  expect(ids(planForget({ restores: [kept], cutOff: [] }))).toEqual([
    'drop-database app_before_x',
    'drop-files media 20261122_101112',
    'unpin 20261122_101113',
    'forget 20261122_101112',
  ]);
  expect(planForget({ restores: [], cutOff: [] }).steps).toEqual([]);
});

describe('the flags', () => {
  test('name a set, and by default everything of it', () => {
    expect(parseRestore(flags)).toMatchObject({ action: 'restore', safetySet: true, request: { set: 'latest', kinds: [] } });
    expect(parseRestore({ ...flags, only: 'files,redis' })).toMatchObject({ request: { kinds: ['redis', 'files'] } });
  });

  test.each([
    ['a database', { database: ['app'] }, true],
    ['tables', { table: ['public.a'] }, false],
    ['another name', { toDatabase: 'x' }, false],
    ['a file', { set: undefined, fromFile: 'x.dump' }, true],
  ])('that are about %s leave Redis and files alone', (_, given, safetySet) => {
    expect(parseRestore({ ...flags, ...given })).toMatchObject({ safetySet, request: { kinds: ['postgres'] } });
  });

  test.each<[string, Partial<RestoreFlags>, RegExp]>([
    ['no set', { set: undefined }, /a set is missing/],
    ['configuration', { only: 'config' }, /config is for you to look at/],
    ['Redis of one database', { only: 'redis', database: ['app'] }, /--only: --database is about postgres alone/],
    ['two databases into one', { database: ['a', 'b'], toDatabase: 'c' }, /--database: should be one/],
    ['a name that every server has', { toDatabase: 'template1' }, /--to-database: should not be template1/],
    ['a name that is too long', { toDatabase: 'ü'.repeat(32) }, /at most 63 bytes/],
    ['a table without a schema', { table: ['notes'] }, /should be SCHEMA\.TABLE, got "notes"/],
    ['a set and a file', { fromFile: 'x' }, /--from-file: goes without a set/],
    ['a stack of no such form', { fromStack: '../x' }, /--from-stack: should be a stack's name/],
    ['undo and forget', { set: undefined, undo: true, forget: true }, /--undo: goes without --forget/],
    ['forget and a database', { set: undefined, forget: true, database: ['a'] }, /--forget: goes without --database/],
  ])('refuse %s', (_, given, message) => {
    let said = '';
    try {
      parseRestore({ ...flags, ...given });
    } catch (error) {
      said = [(error as Error).message, ...(error as { details: string[] }).details].join('\n');
      expect((error as { exitCode: number }).exitCode).toBe(2);
    }
    expect(said).toMatch(message);
  });
});

describe('maintenance that a restore left on', () => {
  const began = { kind: 'began', token: 7, command: 'restore' };
  const gate = { kind: 'restore-gate', token: 7, before: null };
  const on = { kind: 'maintenance', token: 7, on: true };

  test('is known by the journal: it was switched on by a restore that never ended', () => {
    expect(leftGate([began, gate, on])).toEqual({ before: null });
    expect(leftGate([began, gate, on, { kind: 'began', token: 8 }])).toEqual({ before: null });
    // It was killed after it had switched and before that was recorded.
    expect(leftGate([{ kind: 'maintenance', token: 3, on: false }, began, gate])).toEqual({ before: null });
  });

  test('is not one that a person switched on, nor one that was given back', () => {
    expect(leftGate([])).toBeUndefined();
    expect(leftGate([began, gate, on, { kind: 'ended', token: 7 }])).toBeUndefined();
    expect(leftGate([began, gate, on, { kind: 'maintenance', token: 9, on: false }])).toBeUndefined();
    expect(leftGate([began, gate, on, { kind: 'maintenance', token: 9, on: true }])).toBeUndefined();
  });
});

test('the command that brings rows back quotes names for SQL and for the shell', () => {
  const command = copyBackCommand({ container: 'shop-postgres-1', from: 'x', to: "it's", table: 'public.od"d', columns: ['id', "it's"] });
  expect(command).toContain('docker exec shop-postgres-1 sh -c ');
  expect(command).toContain('"public"."od""d"');
  expect(command).toContain('ON CONFLICT DO NOTHING');
  expect(command.split('\n')).toHaveLength(1);
});

describe('a session with the cron container', () => {
  type Question = { do: string };
  const session = (answer: (line: string) => object | undefined, result: Promise<string>): CronSession<Question, string> =>
    openSession<Question, string>(
      async (stdin, onLine) => {
        stdin.on('data', (chunk: Buffer) => {
          for (const line of String(chunk).split('\n').filter(Boolean)) {
            const reply = answer(line);
            if (reply) onLine({ event: 'reply', id: (JSON.parse(line) as { id: number }).id, ...reply } as never);
          }
        });
        return result;
      },
      () => {},
    );

  test('gives each question its own answer', async () => {
    const { ask } = session((line) => ({ ok: true, result: (JSON.parse(line) as { do: string }).do.toUpperCase() }), new Promise(() => {}));
    expect(await Promise.all([ask({ do: 'a' }), ask({ do: 'b' })])).toEqual(['A', 'B']);
  });

  test('throws the other side’s error with its exit code', async () => {
    const error = { message: 'no', details: ['d'], hints: ['h'], exitCode: 3 };
    const { ask } = session(() => ({ ok: false, error }), new Promise(() => {}));
    await expect(ask({ do: 'a' })).rejects.toMatchObject(error);
  });

  test('that ends leaves no question without an answer', async () => {
    let end = (_: string) => {};
    const result = new Promise<string>((resolve) => {
      end = resolve;
    });
    const { ask, isOver, end: finish } = session(() => undefined, result);
    const asked = ask({ do: 'a' });
    end('bye');
    await expect(asked).rejects.toThrow('ended before it answered');
    expect(isOver()).toBe(true);
    await expect(ask({ do: 'b' })).rejects.toThrow('has ended');
    expect(await finish()).toBe('bye');
  });
});
