import { expect, test } from 'vitest';
import { tryRun } from '../../../scripts/lib/engine/run.js';
import { isThere } from '../../helpers/process.js';

/** Runs a shell script until it says a line, then has it ended. */
async function ended(script: string, graceMs: number): Promise<{ lines: string[]; pids: number[]; exitCode: number; took: number }> {
  const stopping = new AbortController();
  const lines: string[] = [];
  let began = 0;
  const onLine = (line: string) => {
    lines.push(line);
    if (line !== 'runs') return;
    began = performance.now();
    stopping.abort();
  };
  const { exitCode } = await tryRun(['sh', '-c', script], { detached: true, onLine, stop: { signal: stopping.signal, graceMs } });
  const pids = lines.filter((line) => /^\d+$/.test(line)).map(Number);
  return { lines, pids, exitCode, took: performance.now() - began };
}

/** What has ended may stay in the list of processes until the machine's init looks at it. */
async function gone(pids: readonly number[]): Promise<void> {
  expect(pids).not.toEqual([]);
  await expect.poll(() => pids.filter(isThere), { timeout: 10_000 }).toEqual([]);
}

test('a program that is to end is asked to, with all that it has started, and may have its say', async () => {
  const { lines, pids, exitCode, took } = await ended(`sleep 600 & echo $!; trap 'echo bye; exit 7' TERM; echo runs; wait`, 60_000);
  expect(lines).toContain('bye');
  expect(exitCode).toBe(7);
  await gone(pids);
  expect(took).toBeLessThan(30_000);
});

test('one that does not listen is killed after the grace, and so is what it left in the background', async () => {
  const deaf = `trap '' TERM; (exec >/dev/null 2>&1 </dev/null; while :; do sleep 0.1; done) & echo $!`;
  const alone = await ended(`${deaf}; echo runs; while :; do sleep 0.1; done`, 300);
  expect(alone.took).toBeGreaterThan(290);
  const leftBehind = await ended(`${deaf}; trap 'exit 0' TERM; echo runs; while :; do sleep 0.1; done`, 300);
  expect(leftBehind.took).toBeGreaterThan(290);
  await gone([...alone.pids, ...leftBehind.pids]);
});

test('a program that nobody stops runs to its end', async () => {
  const stop = { signal: new AbortController().signal, graceMs: 10 };
  expect(await tryRun(['sh', '-c', 'echo done'], { detached: true, stop })).toEqual({ stdout: 'done\n', stderr: '', exitCode: 0 });
});
