import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { mountedFrom } from '../../../scripts/lib/config/mounted-files.js';

const model = parse(`
services:
  web:
    volumes:
      - { type: bind, source: /tmp/tag/nginx.conf, target: /etc/nginx.conf }
      - { type: bind, source: /tmp/tagged/other.conf, target: /etc/other.conf }
      - { type: bind, source: /etc/localtime, target: /etc/localtime }
      - { type: volume, source: data, target: /data }
    secrets: [{ source: key, target: /run/secrets/key }, { source: outside }]
    configs: [{ source: settings }]
    build: { context: /tmp/tag, secrets: [{ source: for-the-build }] }
  idle: {}
secrets:
  key: { file: /tmp/tag/key.pem }
  outside: { file: /etc/ssl/key.pem }
  for-the-build: { file: /tmp/tag/ca.pem }
  from-outside: { environment: KEY }
configs:
  settings: { file: /tmp/tag/settings.ini }
`);

test('what services mount out of a folder is found, whether it is a volume, a secret or a config', () => {
  expect(mountedFrom(model, '/tmp/tag')).toEqual([
    'services.web.volumes: /etc/nginx.conf',
    'services.web.secrets: key',
    'services.web.configs: settings',
  ]);
  expect(mountedFrom(model, '/tmp/elsewhere')).toEqual([]);
  expect(mountedFrom({}, '/tmp/tag')).toEqual([]);
});
