import { describe, expect, test } from 'vitest';
import { command } from '../../../scripts/lib/cli/commands/dev.js';
import { addressesOf } from '../../../scripts/lib/cli/dev/addresses.js';
import type { Output } from '../../../scripts/lib/cli/output.js';
import type { DevService } from '../../../scripts/lib/dev/model.js';

const silent = { json: false, line: () => {} } as unknown as Output;
const type = async (words: string[], values: Record<string, string | boolean> = {}, rest: string[] = []) =>
  command.run({ words, values, rest }, silent, () => () => {});

describe('dev', () => {
  test.each([
    [[], {}, [], 'an action is missing'],
    [['pqsl'], {}, [], '"pqsl": is no action; did you mean psql?'],
    [['constructor'], {}, [], '"constructor": is no action'],
    [['up'], { volumes: true }, [], '--volumes: belongs to down, not to up'],
    [['reset'], { build: true }, [], '--build: belongs to up, not to reset'],
    [['up', 'backend'], {}, [], '"backend": is one word too many'],
    [['psql', 'db', 'x'], {}, [], '"x": is one word too many'],
    [['seed'], {}, ['x'], '--: seed hands nothing on to another program'],
    [['shell'], { json: true }, [], '--json: shell hands the terminal on and has no document'],
    [['logs'], { tail: 'ten' }, [], '--tail: should be a number of lines or all, got "ten"'],
  ])('%j %j %j is refused: %s', async (words, values, rest, message) => {
    await expect(type(words, values, rest)).rejects.toMatchObject({ message, exitCode: 2 });
  });
});

test('where everything is: what the services say, and the ports of those that say nothing', () => {
  const service = (name: string, open: Record<string, string>, ...ports: number[]): DevService => ({
    name,
    image: 'x',
    ports: ports.map((port) => ({ service: name, host: '127.0.0.1', port })),
    sources: [],
    open,
  });
  const services = [
    service('edge', { app: 'http://127.0.0.1:3000/' }, 3000),
    service('db', {}, 5432),
    service('x', {}, 1, 2),
    service('w', {}),
  ];
  expect(addressesOf({ services, volumes: [] })).toEqual({
    app: 'http://127.0.0.1:3000/',
    db: '127.0.0.1:5432',
    'x 1': '127.0.0.1:1',
    'x 2': '127.0.0.1:2',
  });
});
