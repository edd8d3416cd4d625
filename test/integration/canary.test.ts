import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFixtureApp } from '../helpers/fixture-app.js';
import { engine } from '../helpers/leftovers.js';
import { createStack, expectNothingLost, type Stack } from '../helpers/stack.js';

let stack: Stack;
const words = (text: string) => writeFixtureApp(join(stack.folder, 'app'), text);
const work = { path: '/', body: 'x' };

beforeAll(async () => {
  stack = await createStack({ BAKE_MAX_SLOWDOWN: '3' });
  stack.set({ APP_COMPOSE: words('one') });
  await stack.deployed('t1');
});
afterAll(() => stack?.destroy());

/** A browser: it keeps its cookies, and remembers which release has answered it. */
class Client {
  /** With the time at which each was asked for (performance.now()). */
  readonly answers: { at: number; release: string }[] = [];
  #cookie = '';

  async ask(): Promise<void> {
    const at = performance.now();
    const { headers, status } = await stack.fetch('/', { headers: this.#cookie ? { cookie: this.#cookie } : {} });
    expect(status).toBe(200);
    this.answers.push({ at, release: String(headers['x-release']) });
    const [given] = headers['set-cookie'] ?? [];
    if (given) this.#cookie = given.split(';')[0] as string;
  }

  get release(): string | undefined {
    return this.answers.at(-1)?.release;
  }

  /** @returns the releases that answered in a time, each once */
  between(from: number, to: number): string[] {
    return [...new Set(this.answers.filter(({ at }) => at >= from && at <= to).map(({ release }) => release))];
  }
}

describe('a canary', () => {
  test('serves rising shares of the clients, none of whom goes to and fro, and loses no request', async () => {
    words('two');
    const clients = Array.from({ length: 60 }, () => new Client());
    const deploying = stack.startDeploy('t2', { args: ['--canary', '20,60', '--bake', '8s'] });
    let over = false;
    const surf = Promise.all(
      clients.map(async (client) => {
        while (!over) await client.ask();
      }),
    );
    const shares: number[] = [];
    const during: { from: number; to: number }[] = [];
    const { load } = await stack.underLoad(async () => {
      for (const share of [20, 60]) {
        await deploying.says(new RegExp(`✓ send ${share} % of the clients to green`));
        const from = performance.now();
        // Well within the eight seconds of the bake, however late this process hears of its beginning.
        during.push({ from, to: from + 3_500 });
        // By its own requests, one after the other: two at once could each be a client's first.
        await expect
          .poll(() => clients.every(({ answers }) => (answers.at(-1)?.at ?? 0) >= from), { timeout: 3_000, interval: 20 })
          .toBe(true);
        shares.push(clients.filter(({ release }) => release === 't2').length / clients.length);
        // By name, whatever was drawn.
        for (const [colour, release] of [
          ['green', 't2'],
          ['blue', 't1'],
        ] as const) {
          expect((await stack.fetch('/', { headers: { 'x-slipway-colour': colour } })).headers['x-release']).toBe(release);
          expect((await stack.fetch('/', { headers: { cookie: `slipway_colour=${colour}` } })).headers['x-release']).toBe(release);
        }
        const { json } = await stack.start('status', []).ended;
        expect(json.live).toMatchObject({ version: 't1', colour: 'blue', canary: { version: 't2', colour: 'green', share } });
      }
      const ended = await deploying.ended;
      expect(ended.exitCode, ended.stderr).toBe(0);
    }, work);
    over = true;
    await surf;
    expectNothingLost(load);
    // Of 60 clients, with a probability of less than 1 in 10,000 of lying outside.
    expect(shares[0]).toBeGreaterThan(0.02);
    expect(shares[0]).toBeLessThan(0.45);
    expect(shares[1]).toBeGreaterThan(0.35);
    expect(shares[1]).toBeLessThan(0.85);
    for (const client of clients) {
      const [first, second] = during.map(({ from, to }) => client.between(from, to));
      expect(first).toHaveLength(1);
      expect(second).toHaveLength(1);
      if (first?.[0] === 't2') expect(second, 'whoever is served by it stays with it').toEqual(['t2']);
    }
    for (const { release } of clients) expect(release).toBe('t2');
    expect((await stack.fetch('/')).headers['set-cookie'], 'nobody is given an id without a canary').toBeUndefined();
  });

  test('that fails its clients is taken back, with the figures', async () => {
    words('three, broken');
    const { result, load } = await stack.underLoad(() => stack.deploy('t3', { args: ['--canary', '50', '--bake', '30s'] }), {
      path: '/work',
      body: 'x',
    });
    expect(result.exitCode, result.stderr).toBe(1);
    expect(result.stderr).toMatch(/watch blue for 30\.0 s: blue does worse than green did/);
    expect(result.stderr).toMatch(
      /\d+ of \d+ requests failed \([\d.]+ %\), 0 of \d+ before \(0 %\); BAKE_MAX_ERRORS lets 1 % more through/,
    );
    expect(load.lost).toBe(0);
    expect(load.refused, 'only what it answered itself').toBe(load.reasons['500'] ?? 0);
    expect(load.outage).toBeLessThan(10_000);
    expect((await stack.fetch('/')).headers).toMatchObject({ 'x-release': 't2', 'x-colour': 'green' });
    expect(await stack.running('blue')).toEqual([]);
  });

  test('whose deployer is killed goes on until the next command, which takes it back', async () => {
    words('four');
    const { load } = await stack.underLoad(async () => {
      const deploying = stack.startDeploy('t4', { args: ['--canary', '30', '--bake', '60s'] });
      await deploying.says(/✓ send 30 % of the clients to blue/);
      const gone = engine.getContainer(`${stack.name}-deck`).wait({ condition: 'removed' });
      deploying.kill('SIGKILL');
      await Promise.all([gone.catch(() => {}), deploying.ended]);
      const status = await stack.start('status', []).ended;
      expect(status.json.problems).toContainEqual(expect.stringMatching(/30 % of the clients are served by t4 \(blue\)/));
      expect((await stack.start('stop', []).ended).exitCode, 'it would be there still when all is started again').toBe(1);
      const aborted = await stack.start('deploy', ['--abort']).ended;
      expect(aborted.exitCode, aborted.stderr).toBe(0);
    }, work);
    expectNothingLost(load);
    const { json } = await stack.start('status', []).ended;
    expect(json.problems).toEqual([]);
    expect(json.live).toMatchObject({ version: 't2', colour: 'green' });
    expect(json.live).not.toHaveProperty('canary');
    expect(await stack.running('blue')).toEqual([]);
  });
});

describe('a release that all clients have come to', () => {
  test('is gone back from when it is much slower than the one before', async () => {
    words('five, slow');
    const { result, load } = await stack.underLoad(() => stack.deploy('t5', { args: ['--bake', '8s'] }), { path: '/work', body: 'x' });
    expect(result.exitCode, result.stderr).toBe(1);
    expect(result.stderr).toMatch(
      /the p99 is \d+ ms in \d+ requests, \d+ ms in \d+ before; BAKE_MAX_SLOWDOWN lets 3 times as much through/,
    );
    expectNothingLost(load);
    expect((await stack.fetch('/')).headers['x-release']).toBe('t2');
  });
});
