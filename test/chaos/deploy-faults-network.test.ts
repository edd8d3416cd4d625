import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Faults, faultyStack, otherColour } from '../helpers/faults.js';
import { engine } from '../helpers/leftovers.js';
import type { Stack } from '../helpers/stack.js';

let stack: Stack;
let faults: Faults;

beforeAll(async () => {
  ({ stack, faults } = await faultyStack());
});
afterAll(() => stack?.destroy());

/** A check may take 10 s, and after the cut there are 5 s of patience; then the edge is turned back. */
const AFTER_CUT_MS = 25_000;

const network = () => engine.getNetwork(`${stack.name}-app`);
/** As when a cable is pulled: nothing ends, nothing answers. */
const disconnect = (id: string) => network().disconnect({ Container: id, Force: true });
const reconnect = (id: string, alias: string) => network().connect({ Container: id, EndpointConfig: { Aliases: [alias] } });
const problems = async () => (await stack.start('status', []).ended).json.problems as string[];

/** The ids of the new colour's web service. */
async function newOnes(): Promise<{ ids: string[]; alias: string }> {
  const idle = otherColour((await stack.live()).colour);
  const containers = await Promise.all([1, 2].map((number) => stack.container(idle, 'backend', number)));
  return { ids: containers.map(({ id }) => id), alias: `backend.${idle}` };
}

describe('the new release loses its network', () => {
  test('before the cut: it is refused once its checks have had their time, and no client notices', async () => {
    const before = (await stack.live()).release as string;
    const { ended, load } = await faults.during(async (deploying) => {
      await deploying.says(/✓ start backend/);
      await Promise.all((await newOnes()).ids.map(disconnect));
    });
    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(/check (blue|green) through the edge/);
    expect(load).toMatchObject({ lost: 0, refused: 0 });
    await faults.inOrder(before);
    await faults.converges();
  });

  test('at the cut: what fails for clients fails for the checks after the cut too, and traffic goes back', async () => {
    const before = (await stack.live()).release as string;
    const { ended, load } = await faults.during(async (deploying) => {
      await deploying.says(/✓ check/);
      const { ids } = await newOnes();
      await deploying.says(/✓ cut from/);
      await Promise.all(ids.map(disconnect));
    });
    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(/undone: cut back to/);
    expect(load.outage).toBeLessThan(AFTER_CUT_MS);
    await faults.inOrder(before);
    await faults.converges();
  });

  // Nothing in a deploy looks any more by then. What is wrong can at least be seen.
  test('after the deploy: status says so, and with the network all is well again without a command', async () => {
    const { release, colour } = await stack.live();
    const containers = await Promise.all([1, 2].map((number) => stack.container(colour as 'blue', 'backend', number)));
    await Promise.all(containers.map(({ id }) => disconnect(id)));
    expect(await problems()).toEqual([1, 2].map(() => expect.stringMatching(/backend-\d is not in the edge's network/)));
    await Promise.all(containers.map(({ id }) => reconnect(id, `backend.${colour}`)));
    await expect.poll(async () => (await stack.fetch('/api/notes')).status, { timeout: 30_000 }).toBe(200);
    await faults.inOrder(release as string);
  });
});

describe('the edge loses its network', () => {
  test.each(['start backend', 'cut from'])(
    'after "%s": the deploy fails in bounded time; with the network the old release serves',
    async (step) => {
      const before = (await stack.live()).release as string;
      const edge = await stack.container('', 'edge');
      const { ended, version } = await faults.during(async (deploying) => {
        await deploying.says(new RegExp(`✓ ${step}`));
        await disconnect(edge.id);
        await deploying.ended;
        expect(await problems()).toContainEqual(expect.stringMatching(/edge-1 is not in the edge's network/));
        await reconnect(edge.id, 'edge');
      });
      expect([1, 4], ended.stderr).toContain(ended.exitCode);
      expect(ended.milliseconds).toBeLessThan(180_000);
      expect([before, version]).toContain((await stack.live()).release);
      await faults.converges();
    },
  );
});

test('no accepted job was lost, none was done twice, and no two schedulers ever ran', () => faults.jobsAreWhole());
