import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await createStack();
  await stack.deployed('t1');
});
afterAll(() => stack?.destroy());
test('kill', async () => {
  const replica = await stack.container('blue', 'backend', 1);
  const a = await stack.underLoad(async () => {
    await replica.kill({ signal: 'SIGKILL' });
    await new Promise((r) => setTimeout(r, 5000));
  });
  console.log('docker kill', a.load);
  await replica.start();
  await new Promise((r) => setTimeout(r, 12000));
  const b = await stack.underLoad(async () => {
    const { State } = await replica.inspect();
    const { execFileSync } = await import('node:child_process');
    await replica.stop({ t: 0 });
    await new Promise((r) => setTimeout(r, 5000));
  });
  console.log('stop -t 0', b.load);
  expect(1).toBe(1);
});
