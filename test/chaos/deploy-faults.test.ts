import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crash, type Faults, faultyStack, makeTinyJournal, otherColour, type TinyJournal } from '../helpers/faults.js';
import type { Stack } from '../helpers/stack.js';
import { listenToEvents } from '../helpers/streams.js';

/** `npm test` breaks three things; `npm run test:chaos` all of them, in this file and in its neighbours. */
const full = process.env.CHAOS === 'full';

/** How long clients may be without an answer (milliseconds). A busy machine takes several times what is measured on an idle one. */
const BOUNDS = {
  /** Docker's restart policy waits 100 ms; nginx is there at once. */
  edgeRestarts: 10_000,
  /** The engine tells of the death, the edge is turned back. */
  goingBack: 15_000,
};

let stack: Stack;
let faults: Faults;
let journal: TinyJournal;

beforeAll(async () => {
  ({ stack, faults } = await faultyStack(async (made) => {
    journal = await makeTinyJournal(made, '256k');
  }));
});
afterAll(() => stack?.destroy());

const crashEdge = async () => crash(await stack.container('', 'edge'));

describe('the edge crashes', () => {
  test('after the cut: its restart policy brings it back with one release or the other, and the deploy ends in order', async () => {
    const before = (await stack.live()).release;
    const { ended, load, version } = await faults.during(async (deploying) => {
      await deploying.says(/✓ cut from/);
      await crashEdge();
    });
    expect(load.outage).toBeLessThan(BOUNDS.edgeRestarts);
    await faults.inOrder(ended.exitCode === 0 ? version : (before as string));
    // Else the next test's deploy shows as much.
    if (full) await faults.converges();
  });

  test.skipIf(!full).each(['have the base up', 'start backend', 'put (blue|green) on', 'check (blue|green)', 'verify', 'hand over'])(
    'right after "%s": it comes back by itself, and the deploy goes on, or leaves what served',
    async (step) => {
      const before = (await stack.live()).release;
      const { ended, load, version } = await faults.during(async (deploying) => {
        await deploying.says(new RegExp(`✓ ${step}`));
        await crashEdge();
      });
      expect(load.outage).toBeLessThan(BOUNDS.edgeRestarts);
      expect([0, 1], ended.stderr).toContain(ended.exitCode);
      await faults.inOrder(ended.exitCode === 0 ? version : (before as string));
      await faults.converges();
    },
  );

  test.skipIf(!full)('while a client holds the drain: its restart ends the drain, and the deploy ends in order', async () => {
    const before = (await stack.live()).release;
    const holding = listenToEvents(stack.port);
    await holding.opened;
    const { ended, load, version } = await faults.during(async (deploying) => {
      await deploying.says(/✓ verify/);
      await crashEdge();
    });
    holding.close();
    expect(load.outage).toBeLessThan(BOUNDS.edgeRestarts);
    await faults.inOrder(ended.exitCode === 0 ? version : (before as string));
    await faults.converges();
  });
});

describe('after the cut, before the old colour is stopped,', () => {
  /** Lets replicas of the new release crash. @returns what came of the deploy */
  async function lose(replicas: readonly number[]) {
    const before = await stack.live();
    const idle = otherColour(before.colour);
    const broken = await faults.during(async (deploying) => {
      await deploying.says(/✓ check/);
      const containers = await Promise.all(replicas.map((number) => stack.container(idle, 'backend', number)));
      await deploying.says(/✓ verify/);
      for (const container of containers) crash(container);
    });
    expect(broken.ended.exitCode, broken.ended.stderr).toBe(1);
    // Whichever comes first: the engine tells of the death, or the clients' requests of what it does to them.
    expect(broken.ended.stderr).toMatch(/backend-\d: it ended with exit code 137|(blue|green) does worse than (blue|green) did/);
    await faults.inOrder(before.release as string);
    expect(broken.load.lost).toBe(0);
    return broken.load;
  }

  test('all replicas of the new release crash: the deploy goes back by itself', async () => {
    const load = await lose([1, 2]);
    expect(load.outage).toBeLessThan(BOUNDS.goingBack);
    await faults.converges();
  });

  test.skipIf(!full)('one of two replicas crashes: what it was answering is lost, nothing else, and the deploy goes back', async () => {
    const load = await lose([1]);
    // At most what each client had sent to it at that moment.
    expect(load.refused).toBeLessThanOrEqual(8);
    await faults.converges();
  });
});

test('the journal is full after the cut: nothing is lost, the deploy goes back and says what to do; with room again, the next one works', async () => {
  const before = (await stack.live()).release as string;
  const { ended, load } = await faults.during(async (deploying) => {
    await deploying.says(/✓ cut from/);
    journal.fill();
  });
  expect(ended.exitCode, ended.stderr).toBe(1);
  expect(ended.stderr).toMatch(/the journal cannot be written \(the volume \S+-journal\): ENOSPC/);
  expect(ended.stderr).toMatch(new RegExp(`everything was undone: ${before} .* serves as before`));
  expect(load).toMatchObject({ lost: 0, refused: 0 });
  expect((await stack.live()).release).toBe(before);
  journal.free();
  await faults.converges();
});

test('no accepted job was lost, none was done twice, and no two schedulers ever ran', () => faults.jobsAreWhole());
