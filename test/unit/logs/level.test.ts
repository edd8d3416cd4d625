import { describe, expect, test } from 'vitest';
import { filterOf, levelOfLine, requestOf } from '../../../scripts/lib/logs/filter.js';
import { line, source } from './lines.js';

const edge = source('edge');
const backend = source('backend', 'blue');
const ID = '5f0c6f0d8f6b4e5f9a7c3b1d2e4f6a80';

describe('the level of a JSON line', () => {
  test.each([
    ['a word', '{"level":"warn","msg":"x"}', 'warn'],
    ['another logger’s word, in capitals', '{"severity":"WARNING"}', 'warn'],
    ['pino’s number', '{"level":50,"msg":"x"}', 'error'],
    ['a number between pino’s', '{"level":35}', 'info'],
    ['syslog’s number', '{"level":3,"short_message":"x"}', 'error'],
    ['Elastic’s field', '{"log.level":"error"}', 'error'],
    ['Elastic’s field, nested', '{"log":{"level":"debug"}}', 'debug'],
    ['Python’s field', '{"levelname":"CRITICAL"}', 'fatal'],
    ['Postgres’s field', '{"error_severity":"LOG","message":"x"}', 'info'],
    ['the HTTP status, where there is no level', '{"status":502}', 'error'],
    ['the HTTP status, where the level is none that anybody knows', '{"level":"VIP","status":404}', 'warn'],
    ['the app’s own level before the status of a request that it logs', '{"level":"info","status":500}', 'info'],
  ])('is %s', (_, text, expected) => {
    expect(levelOfLine(line(text, backend))).toBe(expected);
  });

  test.each([
    '{"msg":"error"}',
    '{"level":null}',
    '{"level":-1}',
    '{"level":{}}',
    '{"status":"500"}',
    '{"status":0}',
    '{"log":null}',
    '{}',
  ])('%s tells none', (text) => {
    expect(levelOfLine(line(text, backend))).toBeUndefined();
  });

  test.each([
    [200, 'info'],
    [308, 'info'],
    [404, 'warn'],
    [429, 'warn'],
    [503, 'error'],
  ])('of the edge’s log, which calls every request "info", is by its status: %d is %s', (status, expected) => {
    expect(levelOfLine(line(`{"level":"info","service":"edge","status":${status}}`, edge))).toBe(expected);
  });
});

describe('the level of a plain line', () => {
  test.each([
    ['2026/11/25 15:31:09 [error] 29#29: *1 connect() failed (111: Connection refused)', 'error'],
    ['2026/11/25 15:31:09 [notice] 1#1: start worker process 29', 'info'],
    ['nginx: [emerg] unexpected end of file', 'fatal'],
    ['2026-11-25 15:31:09.347 UTC [1] LOG:  database system is ready to accept connections', 'info'],
    ['2026-11-25 15:31:09.347 UTC [71] ERROR:  relation "nope" does not exist at character 15', 'error'],
    ['2026-11-25 15:31:09.347 UTC [71] FATAL:  password authentication failed for user "app"', 'fatal'],
    ['1:M 25 Nov 2026 15:31:09.347 * Ready to accept connections tcp', 'info'],
    ['1:M 25 Nov 2026 15:31:09.347 # WARNING Memory overcommit must be enabled!', 'warn'],
    ['E1125 15:31:09.347900       1 main.go:12] it broke', 'error'],
    ['time=2026-11-25T15:31:09Z level=warning msg="it is slow"', 'warn'],
    ['2026-11-25 15:31:09,347 ERROR app.orders no such order', 'error'],
    ['INFO:     127.0.0.1:51234 - "GET / HTTP/1.1" 200 OK', 'info'],
    ['[WARN] deprecated', 'warn'],
    ['error: no such file', 'error'],
    ['TypeError: x is not a function', 'error'],
    ['Uncaught Error: it broke', 'error'],
    ['java.lang.NullPointerException: null', 'error'],
    ['Traceback (most recent call last):', 'error'],
    ['npm error code ENOENT', 'error'],
    ['(node:1) DeprecationWarning: Buffer() is deprecated', 'warn'],
    ['panic: runtime error: index out of range', 'fatal'],
  ])('%s', (text, expected) => {
    expect(levelOfLine(line(text))).toBe(expected);
  });

  test.each([
    'compiled with 0 errors',
    'no error, all is well',
    'information about errors',
    '    at file:///app/src/app.js:12:3',
    'GET /errors 200',
    'expire-uploads: begins',
    '',
    '{"level":"error"',
  ])('%j tells none', (text) => {
    expect(levelOfLine(line(text))).toBeUndefined();
  });
});

describe('a filter', () => {
  const none = { level: undefined, onlyKnown: false, request: undefined };
  const wanted = (filter: Parameters<typeof filterOf>[0], ...texts: string[]) => {
    const isWanted = filterOf(filter);
    return texts.filter((text) => isWanted?.(line(text)));
  };

  test('that asks for nothing is none', () => {
    expect(filterOf(none)).toBeUndefined();
  });

  test('by level lets graver lines through, and those that tell no level', () => {
    const texts = ['{"level":"info"}', '{"level":"warn"}', '{"level":60}', 'at app.js:12'];
    expect(wanted({ ...none, level: 'warn' }, ...texts)).toEqual(texts.slice(1));
    expect(wanted({ ...none, level: 'warn', onlyKnown: true }, ...texts)).toEqual(texts.slice(1, 3));
  });

  test('by request finds its id in JSON and in sentences, as a word of its own', () => {
    const about = [`{"request_id":"${ID}"}`, `{"req":{"id":"${ID}"}}`, `[${ID}] GET / 200`, ID];
    const others = [`{"request_id":"${ID}0"}`, `a${ID}`, `${ID}-1`, '{"request_id":"another"}', ''];
    expect(wanted({ ...none, request: ID }, ...about, ...others)).toEqual(about);
  });

  test('by request takes a dot in the id for a dot', () => {
    expect(wanted({ ...none, request: 'abc.def' }, 'abc.def', 'abcxdef')).toEqual(['abc.def']);
  });

  test('by both wants both', () => {
    const grave = `{"request_id":"${ID}","level":"error"}`;
    const texts = [grave, `{"request_id":"${ID}","level":"info"}`, '{"level":"error"}'];
    expect(wanted({ level: 'warn', onlyKnown: false, request: ID }, ...texts)).toEqual([grave]);
  });
});

test.each([
  [`{"request_id":"${ID}"}`, ID],
  [`{"reqId":17}`, '17'],
  ['{"request_id":""}', undefined],
  [`request ${ID}`, undefined],
])('the request of %s is %s', (text, expected) => {
  expect(requestOf(text)).toBe(expected);
});
