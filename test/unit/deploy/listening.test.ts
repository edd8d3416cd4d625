import { expect, test } from 'vitest';
import { isListening } from '../../../scripts/lib/deploy/listening.js';

const answer = (status: number, error?: string) => ({ status, headers: {}, body: '', ...(error === undefined ? {} : { error }) });

test.each([
  [answer(200), true],
  [answer(404), true],
  [answer(0, 'socket hang up'), true],
  [answer(0, 'no answer within 2000 ms'), true],
  [answer(0, 'connect ECONNREFUSED 172.18.0.5:8000'), false],
  [answer(0, 'connect EHOSTUNREACH 172.18.0.5:8000'), false],
  [answer(0, 'getaddrinfo ENOTFOUND shop-blue-api-1'), false],
])('%j: a connection was taken: %s', (given, expected) => {
  expect(isListening(given)).toBe(expected);
});
