import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Faults, faultyStack, makeTinyJournal, type TinyJournal } from '../helpers/faults.js';
import type { Stack } from '../helpers/stack.js';

let stack: Stack;
let faults: Faults;
let journal: TinyJournal;

beforeAll(async () => {
  ({ stack, faults } = await faultyStack(async (made) => {
    journal = await makeTinyJournal(made, '256k');
  }));
});
afterEach(() => journal.free());
afterAll(() => stack?.destroy());

const FULL = /the journal cannot be written \(the volume \S+-journal\): ENOSPC: .*\n(.*\n)*.*make room on the engine's disk/;

test('a journal that is full from the beginning stops a deploy before anything has changed', async () => {
  const before = (await stack.live()).release as string;
  journal.fill();
  const { ended, load } = await faults.during(async () => {});
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr).toMatch(FULL);
  expect(load).toMatchObject({ lost: 0, refused: 0 });
  await faults.inOrder(before);
  journal.free();
  await faults.converges();
});

test.each([
  'have the base up',
  'migrate',
  'start backend',
  'wait until',
  'check (blue|green)',
  'cut from',
  'verify',
  'drain',
  'stop (blue|green)',
])('one that is full after "%s" loses nothing: what was begun is undone, or only the record is missing', async (step) => {
  const before = (await stack.live()).release as string;
  const { ended, load, version } = await faults.during(async (deploying) => {
    await deploying.says(new RegExp(`✓ ${step}`));
    journal.fill();
  });
  expect(load).toMatchObject({ lost: 0, refused: 0 });
  const { release } = await stack.live();
  if (ended.exitCode === 1) {
    expect(ended.stderr).toMatch(FULL);
    expect(ended.stderr).toMatch(new RegExp(`everything was undone: ${before} .* serves as before`));
    expect(release).toBe(before);
  } else if (ended.exitCode === 0) {
    // All was written down before the disk was full: little is left to do after the last step.
    expect(step).toMatch(/^stop/);
    expect(release).toBe(version);
  } else {
    // The old colour was stopped when there was no room any more: the new one serves, and the next command writes it down.
    expect(ended.exitCode, ended.stderr).toBe(4);
    expect(ended.stderr).toMatch(/the new release is live, but this was left undone: record/);
    expect(ended.stderr).toMatch(FULL);
    expect(release).toBe(version);
  }
  const { json } = await stack.start('status', []).ended;
  expect(json).toMatchObject({
    live: { version: release },
    problems: ended.exitCode === 0 ? [] : [expect.stringMatching(new RegExp(`deploy ${version} was cut off`))],
  });
  journal.free();
  await faults.converges();
});

test('no accepted job was lost, none was done twice, and no two schedulers ever ran', () => faults.jobsAreWhole());
