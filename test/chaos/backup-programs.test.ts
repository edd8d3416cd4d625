import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ListResult } from '../../scripts/lib/backup/sidecar/results.js';
import { backedUp, baseUp, inBase, makeSet, setsOf, sql } from '../helpers/backups.js';
import { killInCron, killRun } from '../helpers/cron-container.js';
import { createStack, type Stack } from '../helpers/stack.js';

/** `npm run test:chaos` asks for all of it; `npm test` for a part that takes a minute. */
const full = process.env.CHAOS === 'full';
const KILLS = full ? 40 : 5;
const FLIPS = full ? 220 : 20;

let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ BACKUP_SCHEDULE: 'off', BACKUP_DRILL_SCHEDULE: 'off' });
  await baseUp(stack);
  sql(stack, 'CREATE TABLE t AS SELECT g, repeat(md5(g::text), 8) AS x FROM generate_series(1, 600000) g');
});

afterAll(() => stack?.destroy());

/** Whom a SIGKILL hits while a set is being made: each program of the chain, and the program that leads it. */
const victims = ['pg_dump', 'zstd', 'meter', 'bash', 'node'] as const;

test(
  `a run of which any program is killed at a random moment makes no set, and the next one does (${KILLS} kills)`,
  async () => {
    const hits = new Map(victims.map((victim) => [victim, 0]));
    for (let round = 0; round < KILLS; round++) {
      const victim = victims[round % victims.length] as (typeof victims)[number];
      const before = await setsOf(stack);
      const run = stack.start('backup', ['run']);
      await untilLocked();
      const hit = kill(victim, { wait: 100, after: Math.random() * 0.4 });
      const ended = await run.ended;
      const made = (await setsOf(stack)).filter((one) => !before.includes(one));
      // One that exists is whole: the kill came too late, maybe even between the manifest and the exit.
      for (const one of made) await backedUp(stack, 'verify', one);
      if (ended.exitCode === 0) expect(made).toHaveLength(1);
      else if (made.length === 0) hits.set(victim, (hits.get(victim) ?? 0) + 1);
      if (ended.exitCode !== 0) expect(hit, ended.stderr).toBe(true);
    }
    const all = [...hits.values()];
    expect(
      all.reduce((sum, count) => sum + count),
      'kills that hit a run',
    ).toBeGreaterThan(KILLS / 3);
    if (full) expect(Math.min(...all), `every program was hit: ${[...hits].join(' ')}`).toBeGreaterThan(0);
    const { set } = await makeSet(stack);
    await backedUp(stack, 'verify', set);
    const { incomplete } = await backedUp<ListResult>(stack, 'list');
    expect(incomplete.filter(({ fault }) => fault !== 'unfinished')).toEqual([]);
  },
  KILLS * 60_000,
);

test(
  `a byte that is changed anywhere in a set is found by verify (${FLIPS} places)`,
  async () => {
    sql(stack, 'DELETE FROM t WHERE g > 2000');
    sql(stack, 'VACUUM FULL t');
    const { set, stack: name } = await makeSet(stack);
    const folder = `/var/lib/slipway/sets/${name}/${set}`;
    const files = inBase(stack, 'cron', ['sh', '-c', `cd ${folder} && stat -c '%s %n' *`])
      .trim()
      .split('\n');
    const sized = files.map((line) => line.split(' ') as [string, string]);
    const missed: string[] = [];
    for (let flip = 0; flip < FLIPS; flip++) {
      // Every file gets its turn; inside it, any byte.
      const [size, file] = sized[flip % sized.length] as [string, string];
      const at = Math.floor(Math.random() * Number(size));
      change(`${folder}/${file}`, at);
      if (isVerified(set)) missed.push(`${file} at ${at} of ${size}`);
      change(`${folder}/${file}`, at);
    }
    expect(missed).toEqual([]);
    await backedUp(stack, 'verify', set);
  },
  FLIPS * 5_000,
);

async function untilLocked(): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (sql(stack, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", 'postgres') === '0') {
    expect(Date.now(), 'the run takes the lock').toBeLessThan(deadline);
  }
}

/** The program itself is asked: the command around it would take longer than the reading. */
function isVerified(set: string): boolean {
  try {
    return inBase(stack, 'cron', ['backup', 'verify', set]).includes('"event":"result"');
  } catch (error) {
    // 1: it says what is damaged. 2: the manifest is, so there is no such set. Anything else is a fault of this test.
    expect([1, 2]).toContain((error as { status: number }).status);
    return false;
  }
}

function kill(victim: (typeof victims)[number], when: { wait: number; after: number }): boolean {
  if (victim === 'node') return killRun(stack, when);
  return victim === 'meter' ? killInCron(stack, 'node', 'meter.mjs', when) : killInCron(stack, victim, '', when);
}

/** Turns one bit of a byte; twice is as it was. */
function change(file: string, at: number): void {
  const script = `
    b=$(dd if="$1" bs=1 skip="$2" count=1 status=none | od -An -tu1 | tr -d ' ')
    printf "\\\\$(printf %03o $((b ^ 16)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none`;
  inBase(stack, 'cron', ['sh', '-c', script, 'sh', file, String(at)]);
}
