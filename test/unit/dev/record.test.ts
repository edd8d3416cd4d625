import { describe, expect, test } from 'vitest';
import type { Dev } from '../../../scripts/lib/dev/look.js';
import { isUnchanged, recordOf } from '../../../scripts/lib/dev/record.js';

const container = (id: string, state: Dev['containers'][number]['state']) => ({
  id,
  name: id,
  service: id,
  state,
  running: state === 'up',
});
const dev = (rest: Partial<Dev> = {}): Dev => ({
  project: { files: [], folder: '/', env: {} },
  yaml: 'y',
  model: { services: [], volumes: [] },
  sources: 's',
  images: 'i',
  containers: [container('a', 'up'), container('b', 'done')],
  ...rest,
});
const then = recordOf(dev());

describe('nothing has changed', () => {
  test('when all is as it was', () => {
    expect(isUnchanged(then, recordOf(dev()))).toBe(true);
  });

  test.each([
    ['the Compose files', { yaml: 'other' }],
    ['a file that an image is built from', { sources: 'other' }],
    ['an image', { images: 'other' }],
    ['a container is another one', { containers: [container('c', 'up'), container('b', 'done')] }],
    ['a container is gone', { containers: [container('a', 'up')] }],
    ['a container has come', { containers: [container('a', 'up'), container('b', 'done'), container('c', 'up')] }],
    ['one has failed', { containers: [container('a', 'failed'), container('b', 'done')] }],
    ['one has ended that ran', { containers: [container('a', 'done'), container('b', 'done')] }],
    ['one runs again that had ended', { containers: [container('a', 'up'), container('b', 'up')] }],
  ])('but %s', (_, rest) => {
    expect(isUnchanged(then, recordOf(dev(rest)))).toBe(false);
  });

  test('but one had not come up even then', () => {
    const ill = recordOf(dev({ containers: [container('a', 'failed')] }));
    expect(isUnchanged(ill, ill)).toBe(false);
  });
});
