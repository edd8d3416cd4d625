import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerError, readAnswer } from '../../../scripts/lib/load/answer.js';

const ok = (fields: string, body = '') => `HTTP/1.1 200 OK\r\nServer: nginx\r\n${fields}\r\n\r\n${body}`;
const chunked = 'Transfer-Encoding: chunked';

describe('readAnswer', () => {
  test('says what the answer was, who gave it and whether the connection stays', () => {
    expect(readAnswer(ok('Content-Length: 2\r\nX-Release: v1.2', '{}'), false)).toEqual({ status: 200, release: 'v1.2', keepsAlive: true });
    expect(readAnswer(ok('content-length:2\r\nconnection:Close', '{}'), false)).toEqual({
      status: 200,
      release: undefined,
      keepsAlive: false,
    });
  });

  test.each([
    ['a body of no bytes', ok('Content-Length: 0')],
    ['chunks', ok(chunked, '5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n')],
    ['chunks and a field after them', ok(chunked, 'a\r\n0123456789\r\n0\r\nX-After: 1\r\n\r\n')],
    ['a status that has no body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
  ])('%s: whole with its last byte, and not one before', (_, text) => {
    expect(readAnswer(text, false)).toBeDefined();
    for (let length = 0; length < text.length; length++) expect(readAnswer(text.slice(0, length), false)).toBeUndefined();
  });

  test('without a length the body lasts until the server closes', () => {
    expect(readAnswer(ok('Connection: close', 'some'), false)).toBeUndefined();
    expect(readAnswer(ok('Connection: close', 'some'), true)).toMatchObject({ status: 200 });
  });

  test('a connection that ends early makes an error, however much had come', () => {
    const bodies = fc.uint8Array({ minLength: 1, maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    fc.assert(
      fc.property(bodies, fc.boolean(), fc.nat(), (body, inChunks, cut) => {
        const text = inChunks
          ? ok(chunked, `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)
          : ok(`Content-Length: ${body.length}`, body);
        expect(readAnswer(text, true)).toMatchObject({ status: 200 });
        expect(() => readAnswer(text.slice(0, cut % text.length), true)).toThrow(AnswerError);
      }),
    );
  });

  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'what came is not HTTP/1'],
    ['more than was announced', ok('Content-Length: 1', '{}'), 'more came than one answer'],
    ['a chunk without a size', ok(chunked, 'hello\r\n'), 'a chunk of the answer has no size'],
  ])('%s is no answer', (_, text, message) => {
    expect(() => readAnswer(text, false)).toThrow(message);
  });
});
