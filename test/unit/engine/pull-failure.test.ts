import { expect, test } from 'vitest';
import { classifyPullFailure } from '../../../scripts/lib/engine/pull-failure.js';

const GET = 'Error response from daemon: Get "https://registry.example/v2/": ';

test.each([
  `${GET}dial tcp: lookup registry.example on 192.0.2.53:53: no such host`,
  `${GET}dial tcp 192.0.2.1:443: connect: connection refused`,
  `${GET}dial tcp 192.0.2.1:443: i/o timeout`,
  `${GET}net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`,
  `${GET}context deadline exceeded`,
  `${GET}tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  `${GET}Service Unavailable`,
])('no registry answers: %s', (output) => {
  expect(classifyPullFailure(output)).toBe('no registry');
});

test.each([
  'Error response from daemon: manifest for nginx:9.99 not found: manifest unknown: manifest unknown',
  "Error response from daemon: pull access denied for nosuch, repository does not exist or may require 'docker login'",
  'Error response from daemon: unauthorized: authentication required',
  'Error response from daemon: toomanyrequests: You have reached your pull rate limit.',
  'Error response from daemon: repository registry.example/foo not found: name unknown: name unknown',
  'invalid reference format',
])('the registry says no: %s', (output) => {
  expect(classifyPullFailure(output)).toBe('refused');
});

test('what is neither is not guessed', () => {
  expect(classifyPullFailure('write /var/lib/docker: no space left on device')).toBe('other');
});
