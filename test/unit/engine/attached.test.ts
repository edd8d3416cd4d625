import { expect, test } from 'vitest';
import { runAttached } from '../../../scripts/lib/engine/attached.js';

const env = { PATH: process.env.PATH };
const deaf = () => () => {};
const run = (program: string, onInterrupt: (stop: () => void) => () => void = deaf) =>
  runAttached([process.execPath, '-e', program], { env, capture: true, onInterrupt });

test('a program’s output is caught, and its exit code told', async () => {
  expect(await run("console.log('out'); console.error('err'); process.exitCode = 7")).toEqual({
    exitCode: 7,
    interrupted: false,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

test('arguments are no shell’s business', async () => {
  const args = ['$HOME', 'a "b"', "'", '', '*', '\\'];
  const { stdout } = await runAttached([process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))', ...args], {
    env,
    capture: true,
    onInterrupt: deaf,
  });
  expect(JSON.parse(stdout)).toEqual(args);
});

test('one that a signal ended has 128 and its number', async () => {
  expect(await run("process.kill(process.pid, 'SIGKILL')")).toMatchObject({ exitCode: 137, interrupted: false });
});

test('a signal that this process gets ends it, and is told', async () => {
  let listening = true;
  const ended = run('setInterval(() => {}, 1_000)', (stop) => {
    setTimeout(stop, 50);
    return () => {
      listening = false;
    };
  });
  expect(await ended).toMatchObject({ exitCode: 143, interrupted: true });
  expect(listening).toBe(false);
});

test('one that is not there is an error that says so', async () => {
  const nothing = runAttached(['no-such-program-anywhere'], { env, capture: true, onInterrupt: deaf });
  await expect(nothing).rejects.toThrow('no-such-program-anywhere cannot be started');
});

test('output without an end is not held for ever', async () => {
  const endless = run("const some = 'x'.repeat(65536); (function more() { process.stdout.write(some, more); })()");
  await expect(endless).rejects.toThrow('it printed more than 16 MiB');
});
