import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { maskedModel } from '../../../scripts/lib/config/masked-model.js';
import { Secret } from '../../../scripts/lib/config/secret.js';

const secrets = { DB_PASSWORD: new Secret('hunter2-of-the-database') };

test('values of secrets and of the app’s own variables become references, wherever in a text they stand', () => {
  const yaml = `services:
  backend:
    image: shop/backend:v1
    environment:
      URL: "postgres://app:hunter2-of-the-database@postgres/app"
      MAIL: 'smtp://x:pa$$w"ord@mail'
      PRICE: $$5
    command: [run, "--key=pa$$w\\"ord"]
`;
  expect(parse(maskedModel(yaml, secrets, { MAIL_PASSWORD: 'pa$w"ord' }))).toEqual({
    services: {
      backend: {
        image: 'shop/backend:v1',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as Compose writes a reference
        environment: { URL: 'postgres://app:${DB_PASSWORD}@postgres/app', MAIL: 'smtp://x:${MAIL_PASSWORD}@mail', PRICE: '$$5' },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: likewise
        command: ['run', '--key=${MAIL_PASSWORD}'],
      },
    },
  });
});

test('numbers, lists and what is empty stay what they are', () => {
  const yaml = 'services: { a: { deploy: { replicas: 2 }, networks: { app: null }, init: true, x-slipway: { port: 8000 } } }\n';
  expect(parse(maskedModel(yaml, secrets, {}))).toEqual(parse(yaml));
});
