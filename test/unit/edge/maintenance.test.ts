import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import {
  type Maintenance,
  type MaintenanceFlags,
  maintenanceDefaults,
  parseMaintenance,
  renderGate,
  sameSettings,
} from '../../../scripts/lib/edge/maintenance.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { type Directive, parseNginx, valuesOf } from '../../files/nginx-syntax.js';

const on: Maintenance = { ...maintenanceDefaults, since: '2026-05-01T12:00:00.000Z' };

/** @returns the lines that tell what is wrong with the flags; none when they are good */
function problems(flags: MaintenanceFlags): readonly string[] {
  try {
    parseMaintenance(flags);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return error.details;
    throw error;
  }
}

function rendered(rest: Partial<Maintenance> = {}): { gate: Directive[]; text: string; json: unknown } {
  const files = Object.fromEntries(renderGate({ ...on, ...rest }, 7).map(({ path, content }) => [path, String(content)]));
  const text = files['gate.conf'] ?? '';
  return { gate: parseNginx(text), text, json: JSON.parse(files['gate.json'] ?? '') };
}

const value = (gate: readonly Directive[], variable: string) =>
  valuesOf(gate.find(({ args }) => args.at(-1) === variable)?.block, 'default')[0] ?? '';

describe('the flags', () => {
  test('are read into addresses, text and seconds', () => {
    const flags = { allow: '203.0.113.7, 10.0.0.0/8,2001:DB8::/32', message: '  Back at noon. ', 'retry-after': '10m' };
    expect(parseMaintenance(flags)).toEqual({
      allow: ['203.0.113.7', '10.0.0.0/8', '2001:db8::/32'],
      message: 'Back at noon.',
      retryAfter: 600,
    });
  });

  test('that were not given are left out, so that they stay as they are', () => {
    expect(Object.keys(parseMaintenance({}))).toEqual([]);
    expect(Object.keys(parseMaintenance({ message: 'x' }))).toEqual(['message']);
  });

  test('take back the allow-list with "none", and the message with an empty one', () => {
    expect(parseMaintenance({ allow: 'none', message: '' })).toEqual({ allow: [], message: undefined });
  });

  test('of less than a whole second round up', () => {
    expect(parseMaintenance({ 'retry-after': '1500ms' })).toEqual({ retryAfter: 2 });
  });

  test('name an address once', () => {
    expect(parseMaintenance({ allow: '10.0.0.1,10.0.0.1' })).toEqual({ allow: ['10.0.0.1'] });
  });

  test.each([
    'localhost',
    '10.0.0.256',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    '10.0.0.1;}',
    '$remote_addr',
    'default',
    'none',
  ])('refuse %j among the addresses', (entry) => {
    expect(problems({ allow: `10.0.0.1,${entry}` })).toEqual([
      `--allow: should be an address or a network such as 10.0.0.0/8, got ${JSON.stringify(entry.toLowerCase())}`,
    ]);
  });

  test.each(['0.0.0.0/0', '::/0'])('refuse %s, which is everybody', (entry) => {
    expect(problems({ allow: entry })[0]).toMatch(/^--allow: should not be everybody/);
  });

  test.each(['', ' , '])('refuse an empty allow-list: %j', (allow) => {
    expect(problems({ allow })[0]).toMatch(/^--allow: should be addresses or networks/);
  });

  test.each([
    ['a line break', 'a\nb'],
    ['a tab', 'a\tb'],
    ['an escape sequence', '\u001b[31mred'],
    ['a change of direction', 'a\u202eb'],
    ['half a character', 'a\ud800'],
    ['a line separator', 'a\u2028b'],
  ])('refuse a message with %s', (_, message) => {
    expect(problems({ message })).toEqual([`--message: should be printable text in one line, got ${JSON.stringify(message)}`]);
  });

  test('count the characters of a message as a person does', () => {
    expect(problems({ message: '😀'.repeat(200) })).toEqual([]);
    expect(problems({ message: 'x'.repeat(201) })).toEqual(['--message: should be at most 200 characters long, got 201']);
  });

  test.each(['5', '0s', '999ms', '169h', 'soon', '-5m', ''])('refuse %j as a time to come back', (text) => {
    expect(problems({ 'retry-after': text })).toEqual([
      `--retry-after: should be a duration from 1s to 168h such as 5m, got ${JSON.stringify(text)}`,
    ]);
  });

  test('have all their problems told together', () => {
    expect(problems({ allow: 'a,b', message: 'x\ny', 'retry-after': 'z' })).toHaveLength(4);
  });
});

describe('a gate', () => {
  test('keeps out everybody but those on the list', () => {
    const { gate } = rendered({ allow: ['10.0.0.0/8', '2001:db8::1'] });
    const geo = gate.find(({ name }) => name === 'geo');
    expect(geo?.args).toEqual(['$edge_kept_out']);
    expect(geo?.block).toEqual([
      { name: 'default', args: ['1'] },
      { name: '10.0.0.0/8', args: ['0'] },
      { name: '2001:db8::1', args: ['0'] },
    ]);
  });

  test('has the token of the operation, the seconds and the edge’s own words', () => {
    const { gate } = rendered();
    expect(value(gate, '$edge_gate_token')).toBe('7');
    expect(value(gate, '$edge_gate_retry_after')).toBe('300');
    expect(value(gate, '$edge_gate_html')).toBe('We are working on it and will be back soon.');
    expect(value(gate, '$edge_gate_json')).toBe('We are working on it and will be back soon.');
  });

  test('sets the variables that the open one sets, so that they can take each other’s place', () => {
    const variables = (gate: readonly Directive[]) => gate.map(({ args }) => args.at(-1)).sort();
    const open = parseNginx(readFileSync(join(projectRoot, 'nginx/open/gate.conf'), 'utf8'));
    expect(variables(rendered().gate)).toEqual(variables(open));
  });

  test('says in its description what it was made from', () => {
    const maintenance = { since: '2026-05-01T12:00:00.000Z', allow: ['10.0.0.1'], message: 'a "b" $c', retryAfter: 60 };
    expect(rendered(maintenance).json).toEqual(maintenance);
  });

  test('means the same to HTML, to JSON and to the person who wrote the message, and to nginx nothing at all', () => {
    const message = fc
      .oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({ unit: fc.constantFrom(...`<>&"'\\$;{}#\`%=u0n é😀`), maxLength: 60 }),
      )
      .map((text) => text.trim())
      .filter((text) => text !== '' && problems({ message: text }).length === 0);
    const expected = rendered({ message: 'x' }).gate.map(({ name, args }) => [name, ...args]);
    fc.assert(
      fc.property(message, (text) => {
        const { gate, text: conf } = rendered({ message: text });
        expect(gate.map(({ name, args }) => [name, ...args])).toEqual(expected);
        expect(conf).toMatch(/^[\x20-\x7e\n]*$/);
        const html = value(gate, '$edge_gate_html');
        expect(html.replace(/&#(\d+);/g, '')).toMatch(/^[A-Za-z0-9 .,:!?()/-]*$/);
        expect(html.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))).toBe(text);
        expect(JSON.parse(`"${value(gate, '$edge_gate_json')}"`)).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });

  test('stays below what nginx takes as one word, with the longest message', () => {
    const { gate } = rendered({ message: '😀'.repeat(200) });
    for (const variable of ['$edge_gate_html', '$edge_gate_json']) expect(value(gate, variable).length).toBeLessThan(4_000);
  });
});

describe('settings are the same', () => {
  test('whatever the order of the addresses and the time they are from', () => {
    const one = { ...on, allow: ['10.0.0.1', '10.0.0.2'] };
    expect(sameSettings(one, { ...one, allow: ['10.0.0.2', '10.0.0.1'], since: 'later' } as Maintenance)).toBe(true);
  });

  test.each([{ allow: ['10.0.0.1'] }, { message: 'x' }, { retryAfter: 1 }])('not with another %j', (rest) => {
    expect(sameSettings(on, { ...on, ...rest })).toBe(false);
  });
});
