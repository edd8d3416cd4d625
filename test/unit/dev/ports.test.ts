import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DevPort } from '../../../scripts/lib/dev/model.js';
import { type Publisher, variablesFor, whoHas } from '../../../scripts/lib/dev/ports.js';

const wanted = (service: string, port: number, host = '127.0.0.1'): DevPort => ({ service, host, port });
const published = (name: string, project: string, port: number, host = '127.0.0.1'): Publisher => ({ name, project, host, port });

describe('who has a port', () => {
  const app = wanted('app', 3000);

  test('nobody that the engine knows: trying tells', () => {
    expect(whoHas(app, [app], [], 'shop-dev')).toBeUndefined();
    expect(whoHas(app, [app], [published('a', 'other', 3001)], 'shop-dev')).toBeUndefined();
  });

  test('a container of another project is named', () => {
    expect(whoHas(app, [app], [published('shop-edge-1', 'shop', 3000)], 'shop-dev')).toBe('is in use by the container shop-edge-1');
  });

  test('the stack itself may keep its own', () => {
    expect(whoHas(app, [app], [published('shop-dev-app-1', 'shop-dev', 3000)], 'shop-dev')).toBe('');
  });

  test('two services want the same one: it is said once, of the later', () => {
    const mail = wanted('mail', 3000);
    expect(whoHas(app, [app, mail], [], 'shop-dev')).toBeUndefined();
    expect(whoHas(mail, [app, mail], [], 'shop-dev')).toBe('is wanted by app and by mail');
  });

  test.each([
    ['another address', '10.0.0.5', undefined],
    ['all addresses', '0.0.0.0', 'is in use by the container x'],
    ['all addresses, over IPv6', '::', 'is in use by the container x'],
  ])('the port on %s', (_, host, expected) => {
    expect(whoHas(app, [app], [published('x', 'other', 3000, host)], 'shop-dev')).toBe(expected);
  });
});

describe('the variables that move a port', () => {
  const text = `ports: ["127.0.0.1:\${DEV_PORT:-3000}:80", "\${ADMIN_PORT-4000}:81", "$PLAIN:82", "5000:83"]`;

  test.each([
    ['a default', {}, 3000, ['DEV_PORT']],
    ['a default of the other form', {}, 4000, ['ADMIN_PORT']],
    ['a value in place of the default', { DEV_PORT: '3100' }, 3100, ['DEV_PORT']],
    ['a variable without braces', { PLAIN: '6000' }, 6000, ['PLAIN']],
    ['a number in the file: none', {}, 5000, []],
    ['a default that does not hold: none', { DEV_PORT: '3100' }, 3000, []],
    ['a variable that the file does not name: none', { OTHER_PORT: '7000' }, 7000, []],
  ])('%s', (_, values, port, expected) => {
    expect(variablesFor(text, values, port)).toEqual(expected);
  });

  test('whatever its value, it is the one that the file names', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => {
        expect(variablesFor(`"\${DEV_PORT:-x}:80"`, { DEV_PORT: String(port) }, port)).toEqual(['DEV_PORT']);
      }),
    );
  });
});
