import { describe, expect, test } from 'vitest';
import { screen } from '../../../scripts/lib/status/screen.js';
import type { Status } from '../../../scripts/lib/status/status.js';
import { container, healthy, now, operation } from './statuses.js';

const plain = (status: Status) => screen(status, now, (_, text) => text);
/** @returns the row of a service, its cells */
const cells = (status: Status, service: string) =>
  plain(status)
    .find((line) => line.includes(` ${service} `))
    ?.trim()
    .split(/ {2,}/);
/** @returns the lines below "last operations" */
const operationLines = (status: Status) => {
  const lines = plain(status);
  const from = lines.indexOf('last operations') + 1;
  return lines.slice(from, lines.indexOf('', from));
};

test('a stack where all is well fits on one screen', () => {
  expect(plain(healthy()).length).toBeLessThanOrEqual(24);
  for (const line of plain(healthy())) expect(line.length, line).toBeLessThanOrEqual(100);
});

test('the first line says what is live, or that nothing is', () => {
  expect(plain(healthy())[0]).toBe('shop  v2 is live (green)');
  expect(plain(healthy({ live: undefined }))[0]).toBe('shop  no release is live');
});

test('problems stand right below it, after the operation that runs', () => {
  const status = healthy({
    problems: ['shop-redis-1 is exited', 'no release is live'],
    running: { command: 'deploy v3', by: 'ada@laptop', since: '2026-05-01T11:59:00Z' },
  });
  expect(plain(status).slice(1, 4)).toEqual([
    'running: deploy v3, by ada@laptop, since 2026-05-01T11:59:00Z',
    '! shop-redis-1 is exited',
    '! no release is live',
  ]);
});

describe('maintenance', () => {
  const maintenance = { since: '2026-05-01T11:50:00.000Z', allow: [], message: undefined, retryAfter: 300 };

  test('is told right below, with its time and whom it lets in', () => {
    expect(plain(healthy({ maintenance, problems: ['shop-redis-1 is exited'] })).slice(1, 3)).toEqual([
      'maintenance is on, for 10 min 00 s; nobody is let in',
      '! shop-redis-1 is exited',
    ]);
    const open = { ...maintenance, allow: ['10.0.0.0/8', '203.0.113.7'], message: 'Back at noon.' };
    expect(plain(healthy({ maintenance: open }))[1]).toBe(
      'maintenance is on, for 10 min 00 s; let in: 10.0.0.0/8, 203.0.113.7; "Back at noon."',
    );
  });

  test('that is off is not told', () => {
    expect(plain(healthy()).join('\n')).not.toContain('maintenance');
  });
});

describe('the table', () => {
  test('has a row for each service: replicas, health, time, restarts, image', () => {
    expect(cells(healthy(), 'backend')).toEqual(['green v2 (live)', 'backend', '1/1', 'healthy', '1 h 0 min', '0', 'slipway/backend:v2']);
    expect(cells(healthy(), 'worker')).toEqual(['worker', '1/1', 'healthy', '1 h 0 min', '0', 'slipway/worker:v2']);
  });

  test('several replicas are one row: how many run, every state, the youngest, all restarts', () => {
    const green = [
      container('backend', { restarts: 2 }),
      container('backend', { name: 'shop-green-backend-2', restarts: 1, since: '2026-05-01T11:59:30.000Z', health: 'starting' }),
      container('backend', { name: 'shop-green-backend-3', state: 'exited', since: undefined }),
    ];
    expect(cells(healthy({ colours: { blue: [], green } }), 'backend')?.slice(2, 6)).toEqual([
      '2/3',
      'healthy, starting, exited',
      '30.0 s',
      '3',
    ]);
  });

  test('a service of which nothing runs has no time', () => {
    const green = [container('backend', { state: 'exited', since: undefined })];
    expect(cells(healthy({ colours: { blue: [], green } }), 'backend')?.slice(2, 5)).toEqual(['0/1', 'exited', '-']);
  });

  test('a container without a health check is told as running', () => {
    expect(cells(healthy({ base: [container('edge', { health: undefined })] }), 'edge')).toContain('running');
  });

  test('a clock that is behind the engine’s shows no negative time', () => {
    const base = [container('edge', { since: '2026-05-01T12:00:05.000Z' })];
    expect(cells(healthy({ base }), 'edge')).toContain('0 ms');
  });

  test.each(['blue', 'green'] as const)('the live colour stands above the other one: %s', (colour) => {
    const colours = { blue: [container('b-service')], green: [container('g-service')] };
    const lines = plain(healthy({ colours, live: { colour, version: 'v2', token: 2 } }));
    const at = (service: string) => lines.findIndex((line) => line.includes(service));
    expect(at(`${colour[0]}-service`)).toBeLessThan(at(`${colour === 'blue' ? 'g' : 'b'}-service`));
    expect(lines.filter((line) => line.includes('(live)'))).toHaveLength(1);
  });

  test('a colour of two versions shows both', () => {
    const green = [container('backend'), container('worker', { version: 'v1' })];
    expect(cells(healthy({ colours: { blue: [], green } }), 'backend')?.[0]).toBe('green v2, v1 (live)');
  });

  test('columns stand below their headings', () => {
    const lines = plain(healthy());
    const [heading, ...rows] = lines.slice(
      lines.findIndex((line) => line.includes('REPLICAS')),
      lines.indexOf('last operations') - 1,
    );
    for (const title of ['SERVICE', 'REPLICAS', 'HEALTH', 'UP', 'RESTARTS', 'IMAGE']) {
      const column = heading?.indexOf(title) ?? -1;
      for (const row of rows) {
        expect(row[column], row).toMatch(/\S/);
        expect(row[column - 1], row).toBe(' ');
      }
    }
    expect(rows).toHaveLength(4);
  });
});

describe('the last operations', () => {
  test('none are said to be none', () => {
    expect(operationLines(healthy({ operations: [] }))).toEqual(['  none']);
  });

  test('each says how long ago, what, how it ended, how long it took and why it failed', () => {
    const operations = [
      operation(),
      operation({ version: 'v1', at: '2026-04-30T12:00:00.000Z', outcome: 'failed', reason: 'backend is unhealthy', ms: 340 }),
    ];
    expect(operationLines(healthy({ operations })).map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['5 min 00 s ago', 'deploy v2', 'done', 'in 12.3 s'],
      ['1 d 0 h ago', 'deploy v1', 'failed', 'in 340 ms', '(backend is unhealthy)'],
    ]);
  });

  test('one without an end was cut off, or is at its step while it runs', () => {
    const operations = [operation({ outcome: undefined, ms: undefined, step: 'cut' })];
    expect(operationLines(healthy({ operations }))[0]).toContain('cut off at "cut"');
    const running = { command: 'deploy v2', by: 'me', since: 'now' };
    expect(operationLines(healthy({ operations, running }))[0]).toMatch(/ {2}at "cut"/);
  });

  test('an older one that was cut off stays so while another one runs', () => {
    const operations = [
      operation({ token: 3, outcome: undefined, step: 'healthy' }),
      operation({ token: 2, outcome: undefined, step: 'cut' }),
    ];
    const running = { command: 'deploy v3', by: 'me', since: 'now' };
    expect(operationLines(healthy({ operations, running }))[1]).toContain('cut off at "cut"');
  });
});

test('the last line tells the disk', () => {
  expect(plain(healthy()).at(-1)).toBe('disk: images 1.0 GiB, volumes 5.0 MiB, build cache 0 B');
});

test('colours of the terminal are used for what is live and what is wrong, and change no word', () => {
  const styled: [string, string][] = [];
  const status = healthy({ problems: ['shop-redis-1 is exited'] });
  const lines = screen(status, now, (style, text) => {
    styled.push([style, text]);
    return text;
  });
  expect(lines).toEqual(plain(status));
  expect(styled).toContainEqual(['green', 'v2 is live (green)']);
  expect(styled).toContainEqual(['red', '! shop-redis-1 is exited']);
});
