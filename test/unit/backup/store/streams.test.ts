import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { tee } from '../../../../scripts/lib/backup/store/tee.js';
import { newStop, untilAborted } from '../../../../scripts/lib/backup/store/until-aborted.js';
import { bytes, contentOf, failing, failureOf, streamOf, stuck } from './bytes.js';

describe('untilAborted', () => {
  test('passes a stream on and leaves nothing on the signal', async () => {
    const { signal } = new AbortController();
    const content = bytes(1_000);
    expect((await contentOf(untilAborted(streamOf(content, 7), signal))).equals(content)).toBe(true);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('throws what the stream throws', async () => {
    const error = new Error('the source broke');
    expect(await failureOf(contentOf(untilAborted(failing(bytes(10), error), new AbortController().signal)))).toBe(error);
  });

  test('ends with the reason of the abort while the stream has nothing to say, and closes it', async () => {
    const controller = new AbortController();
    const { body, isStuck, closed } = stuck(bytes(10));
    const failure = failureOf(contentOf(untilAborted(body, controller.signal)));
    await isStuck;
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await failure).toBe(reason);
    await closed;
  });

  test('does not touch the stream when the signal has aborted before', async () => {
    const { body, closed } = stuck(bytes(10));
    expect(await failureOf(contentOf(untilAborted(body, AbortSignal.abort(new Error('before')))))).toMatchObject({ message: 'before' });
    await closed;
  });

  test('closes the stream when its reader stops early', async () => {
    const { body, closed } = stuck(bytes(10));
    for await (const _ of untilAborted(body, new AbortController().signal)) break;
    await closed;
  });
});

describe('newStop', () => {
  test('the first reason counts, and the outer signal is let go of', () => {
    const outer = new AbortController();
    const stop = newStop(outer.signal);
    stop.because('first');
    outer.abort('second');
    expect(stop.signal.reason).toBe('first');
    stop.done();
    expect(getEventListeners(outer.signal, 'abort')).toHaveLength(0);
  });

  test('it has stopped already when the outer signal has', () => {
    expect(newStop(AbortSignal.abort('before')).signal.reason).toBe('before');
  });
});

describe('tee', () => {
  test('every branch gets all of the stream', async () => {
    const content = bytes(10_000);
    const all = await Promise.all(tee(streamOf(content, 100), 3).map(contentOf));
    expect(all.map((one) => one.equals(content))).toEqual([true, true, true]);
  });

  test('no piece is taken before the slowest reader asks for it', async () => {
    let taken = 0;
    async function* counted() {
      for await (const piece of streamOf(bytes(1_000), 100)) {
        taken++;
        yield piece;
      }
    }
    const [quick, slow] = tee(counted(), 2).map((branch) => branch[Symbol.asyncIterator]()) as [
      AsyncIterator<Uint8Array>,
      AsyncIterator<Uint8Array>,
    ];
    const first = quick.next();
    await new Promise(setImmediate);
    expect(taken).toBe(0);
    await Promise.all([first, slow.next()]);
    expect(taken).toBe(1);
    const second = quick.next();
    await new Promise(setImmediate);
    expect(taken).toBe(1);
    await Promise.all([second, slow.next()]);
    expect(taken).toBe(2);
  });

  test('a reader that stops early, or never begins, holds nobody up', async () => {
    const content = bytes(1_000);
    const [reading, stopping, idle] = tee(streamOf(content, 100), 3) as [
      AsyncIterable<Uint8Array>,
      AsyncIterable<Uint8Array>,
      AsyncIterable<Uint8Array>,
    ];
    const whole = contentOf(reading);
    await idle[Symbol.asyncIterator]().return?.();
    for await (const _ of stopping) break;
    expect((await whole).equals(content)).toBe(true);
  });

  test('the stream is closed when its last reader stops', async () => {
    const { body, closed } = stuck(bytes(10));
    const branches = tee(body, 2);
    await Promise.all(branches.map((branch) => branch[Symbol.asyncIterator]().return?.()));
    await closed;
  });

  test('all branches throw what the stream throws', async () => {
    const error = new Error('the source broke');
    const failures = await Promise.all(tee(failing(bytes(10), error), 2).map((branch) => failureOf(contentOf(branch))));
    expect(failures).toEqual([error, error]);
  });
});
