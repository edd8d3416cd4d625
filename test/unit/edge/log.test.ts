import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import { parseRequest } from '../../../scripts/lib/edge/log.js';

/** @returns a line as nginx writes it */
const line = (values: Record<string, unknown> = {}) =>
  JSON.stringify({
    time: '2026-01-01T00:00:00+00:00',
    msec: '1767225600.250',
    status: 200,
    colour: 'green',
    upstream_status: '200',
    upstream_header_seconds: '0.012',
    user_agent: 'curl',
    ...values,
  });

describe('a line of the edge’s log', () => {
  test('tells when, where, how and how fast a client was answered', () => {
    expect(parseRequest(line())).toEqual({ at: 1_767_225_600_250, colour: 'green', status: 200, milliseconds: 12 });
  });

  test('of a request that was tried twice counts both tries', () => {
    expect(parseRequest(line({ upstream_status: '502, 200', upstream_header_seconds: '0.001, 0.020' }))?.milliseconds).toBeCloseTo(21);
  });

  test.each([
    ['no app was asked', { upstream_status: '', upstream_header_seconds: '', status: 404 }],
    ['the app gave no answer', { upstream_status: '502', upstream_header_seconds: '-', status: 502 }],
    ['it became a websocket', { status: 101, upstream_status: '101', upstream_header_seconds: '3600.000' }],
  ])('counts, without a time, when %s', (_, values) => {
    expect(parseRequest(line(values))).toMatchObject({ status: values.status, milliseconds: undefined });
  });

  test.each([
    ['a check', line({ user_agent: 'slipway-check' })],
    ['one that maintenance turned away', line({ status: 503, upstream_status: '' })],
    ['another line', '2026/01/01 00:00:00 [notice] 1#1: signal 1 (SIGHUP) received'],
    ['half of a line', line().slice(0, 60)],
    ['an empty line', ''],
  ])('is none of a client when it is %s', (_, text) => {
    expect(parseRequest(text)).toBeUndefined();
  });

  test('has the keys that the log format of the edge has', () => {
    const format = readFileSync(join(projectRoot, 'nginx/conf.d/20-log.conf'), 'utf8');
    for (const key of Object.keys(JSON.parse(line()))) expect(format).toContain(`"${key}":`);
  });
});
