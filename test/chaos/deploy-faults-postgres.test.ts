import { afterAll, beforeAll, expect, test } from 'vitest';
import { crash, type Faults, faultyStack } from '../helpers/faults.js';
import type { Stack } from '../helpers/stack.js';

let stack: Stack;
let faults: Faults;

beforeAll(async () => {
  ({ stack, faults } = await faultyStack());
});
afterAll(() => stack?.destroy());

/** Postgres replays its log, and the app opens its connections anew (milliseconds). */
const BACK_MS = 30_000;

test.each(['have the base up', 'migrate', 'start backend', 'check', 'cut from', 'hand over'])(
  'Postgres crashes after "%s": it comes back by itself, one release or the other serves whole, and the app answers again',
  async (step) => {
    const before = (await stack.live()).release as string;
    const { ended, version } = await faults.during(async (deploying) => {
      await deploying.says(new RegExp(`✓ ${step}`));
      crash(await stack.container('', 'postgres'));
      const began = performance.now();
      await expect.poll(async () => (await stack.fetch('/api/notes')).status, { timeout: BACK_MS, interval: 100 }).toBe(200);
      expect(performance.now() - began).toBeLessThan(BACK_MS);
    });
    expect([0, 1], ended.stderr).toContain(ended.exitCode);
    await faults.inOrder(ended.exitCode === 0 ? version : before);
    await faults.converges();
  },
);

// A worker whose answer from Postgres was lost does its job once more: the sample app promises "at least once".
test('no accepted job was lost, and no two schedulers ever ran', () => faults.jobsAreWhole({ twice: 6 }));
