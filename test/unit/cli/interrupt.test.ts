import { expect, test } from 'vitest';
import { InterruptedEarlyError, interruptible } from '../../../scripts/lib/cli/interrupt.js';

const press = () => void process.emit('SIGTERM');

/** @returns a promise and how to resolve it */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test('work that is getting ready is ended by Ctrl-C with exit code 130', async () => {
  const never = gate();
  const work = interruptible(() => never.opened);
  press();
  await expect(work).rejects.toMatchObject({ exitCode: 130, message: 'interrupted before it had begun' });
  await expect(work).rejects.toBeInstanceOf(InterruptedEarlyError);
});

test('once it listens, the signal is its own', async () => {
  let heard = 0;
  const result = await interruptible(async (onInterrupt) => {
    onInterrupt(() => heard++);
    onInterrupt(() => heard++)();
    press();
    press();
    return 'done';
  });
  expect([result, heard]).toEqual(['done', 2]);
});

test('a signal that comes between two of its parts is kept for the next one that listens, and for no other', async () => {
  const heard: string[] = [];
  await interruptible(async (onInterrupt) => {
    onInterrupt(() => heard.push('first'))();
    press();
    const stopListening = onInterrupt(() => heard.push('second'));
    stopListening();
    onInterrupt(() => heard.push('third'));
  });
  expect(heard).toEqual(['second']);
});

test('one that a part has heard is over with it', async () => {
  const heard: string[] = [];
  await interruptible(async (onInterrupt) => {
    const stopListening = onInterrupt(() => heard.push('the operation'));
    press();
    stopListening();
    onInterrupt(() => heard.push('the hook after it'));
  });
  expect(heard).toEqual(['the operation']);
});

test('afterwards nobody listens any more', async () => {
  const before = process.listenerCount('SIGTERM');
  await interruptible(async () => {});
  await expect(interruptible(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(process.listenerCount('SIGTERM')).toBe(before);
});
