import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { namesOf } from '../../../scripts/lib/config/names.js';
import { safeText } from '../../../scripts/lib/logs/safe-text.js';
import { jsonLines, screen } from '../../../scripts/lib/logs/screen.js';
import { sourceByLabels, sourcesOf } from '../../../scripts/lib/logs/source.js';
import { containerState } from '../fixtures.js';
import { line, source } from './lines.js';

const plain = { terminal: false, timestamps: false, paint: (_: string, text: string) => text };

describe('lines for a person', () => {
  test('have the container’s name before them, as Compose shows it, all as wide', () => {
    const show = screen([source('edge'), source('backend', 'blue'), source('backend', 'blue', 2)], plain);
    expect(show([line('hello', source('edge')), line('world', source('backend', 'blue', 2))]).split('\n')).toEqual([
      'edge-1           | hello',
      'blue-backend-2   | world',
      '',
    ]);
  });

  test('of the other colour, when a deploy comes, stand below those before', () => {
    const show = screen([source('backend', 'blue')], plain);
    const [before, after] = [show([line('a')]), show([line('b', source('backend', 'green'))])];
    expect(before.indexOf('|')).toBe(after.indexOf('|'));
  });

  test('of a container with a longer name than any before are shown all the same', () => {
    const show = screen([source('web', 'blue')], plain);
    expect(show([line('a', source('a-long-name', 'green'))])).toBe('green-a-long-name-1  | a\n');
    expect(show([line('a', source('web', 'blue'))])).toBe('blue-web-1           | a\n');
  });

  test('have a colour for each container, the same one each time', () => {
    const show = screen([], { ...plain, paint: (style, text) => `<${style}>${text}` });
    const styles = (...from: ReturnType<typeof source>[]) =>
      [...show(from.map((one) => line('', one))).matchAll(/<(\w+)>/g)].map(([, style]) => style);
    const [edge, backend] = [source('edge'), source('backend', 'blue')];
    expect(styles(edge, backend, edge)).toEqual(['cyan', 'yellow', 'cyan']);
    expect(styles(backend)).toEqual(['yellow']);
  });

  test('have their time before the text when that is wanted', () => {
    expect(screen([], { ...plain, timestamps: true })([line('x')])).toBe('blue-backend-1  | 2026-11-25T15:31:09.347900570Z x\n');
  });

  test('are as they were written where no terminal obeys them', () => {
    expect(screen([], plain)([line('\x1b[31mred\x07')])).toBe('blue-backend-1  | \x1b[31mred\x07\n');
  });
});

describe('text for a terminal', () => {
  test.each([
    ['styles are left out', '\x1b[1;31mred\x1b[0m', 'red'],
    ['a title is not set', 'a\x1b]0;title\x07b', 'a␛]0;title␇b'],
    ['the clipboard is not filled', '\x1b]52;c;Zm9v\x1b\\', '␛]52;c;Zm9v␛\\'],
    ['the screen is not cleared', '\x1b[2J\x1b[H', '␛[2J␛[H'],
    ['the cursor goes nowhere', 'fake\rreal\b', 'fake␍real␈'],
    ['one-byte sequences are shown', '\x9b2J', '\\u009b2J'],
    ['the direction of writing stays', 'a\u202eb', 'a\\u202eb'],
    ['a tab is a tab', 'a\tb', 'a\tb'],
    ['other alphabets and emoji stay', 'é 日本 👩‍💻', 'é 日本 👩‍💻'],
  ])('%s', (_, text, expected) => {
    expect(safeText(text)).toBe(expected);
  });

  test('never has anything that a terminal obeys', () => {
    const hostile = fc
      .array(fc.oneof(fc.constantFrom('\x1b', '[', ']', '0', ';', 'm', '\x07', '\x9b', '\r', '\n', '\x1b[31m'), fc.string()))
      .map((parts) => parts.join(''));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    fc.assert(fc.property(hostile, (text) => !/[\x00-\x08\x0a-\x1f\x7f-\x9f]/.test(safeText(text))));
  });
});

test('lines for a program are one JSON object each, whatever is in them', () => {
  const texts = ['{"level":"warn","request_id":"abc"}', 'a "quoted"\ttext\x1b', ''];
  const [first, second, third, ...rest] = jsonLines(texts.map((text) => line(text))).split('\n');
  expect(JSON.parse(first ?? '')).toEqual({
    time: '2026-11-25T15:31:09.347900570Z',
    service: 'backend',
    colour: 'blue',
    replica: 1,
    stream: 'stdout',
    level: 'warn',
    request: 'abc',
    line: texts[0],
  });
  expect(JSON.parse(second ?? '')).toMatchObject({ level: null, request: null, line: texts[1] });
  expect(JSON.parse(third ?? '')).toMatchObject({ line: '' });
  expect(rest).toEqual(['']);
  expect(JSON.parse(jsonLines([line('x', source('edge'))]))).toMatchObject({ service: 'edge', colour: null });
});

describe('the containers of a stack', () => {
  test('are the base’s first, then blue’s and green’s, each by name', () => {
    const base = [containerState('redis'), containerState('edge')];
    const colours = {
      blue: [containerState('worker'), containerState('backend', { number: 2 }), containerState('backend')],
      green: [containerState('worker')],
    };
    expect(sourcesOf({ base, colours }).map(({ label }) => label)).toEqual([
      'edge-1',
      'redis-1',
      'blue-backend-1',
      'blue-backend-2',
      'blue-worker-1',
      'green-worker-1',
    ]);
  });

  const labels = {
    'com.docker.compose.project': 'shop-green',
    'com.docker.compose.service': 'backend',
    'com.docker.compose.container-number': '2',
  };
  test('that start are told by their labels', () => {
    expect(sourceByLabels('abc', labels, namesOf('shop'))).toEqual({
      id: 'abc',
      service: 'backend',
      colour: 'green',
      number: 2,
      label: 'green-backend-2',
    });
    expect(sourceByLabels('abc', { ...labels, 'com.docker.compose.project': 'shop' }, namesOf('shop'))).toMatchObject({
      colour: undefined,
    });
  });

  test.each([
    ['a one-off container', { ...labels, 'com.docker.compose.oneoff': 'True' }],
    ['a container of another project', { ...labels, 'com.docker.compose.project': 'shop-dev' }],
    ['a helper, which is no service’s', { 'dev.slipway.stack': 'shop' }],
  ])('%s is none of them', (_, some) => {
    expect(sourceByLabels('abc', some, namesOf('shop'))).toBeUndefined();
  });
});
