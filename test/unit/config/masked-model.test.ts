import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { maskedModel, secretsOf, unmaskedModel } from '../../../scripts/lib/config/masked-model.js';

const values = { DB_PASSWORD: 'hunter2-of-the-database', MAIL_PASSWORD: 'pa$w"ord', PUBLIC_HOST: 'api.example.com', SVC: 'backend' };
const yaml = `services:
  backend:
    image: shop/backend:v1
    environment:
      URL: "postgres://app:hunter2-of-the-database@postgres/app"
      MAIL: 'smtp://x:pa$$w"ord@mail'
      PRICE: $$5
    command: [run, "--key=pa$$w\\"ord"]
    deploy: { replicas: 2 }
    networks: { app: null }
    init: true
    x-slipway:
      route: { path: /, host: api.example.com }
      migrate: { run: [up, "hunter2-of-the-database"] }
`;

describe('a model that is kept', () => {
  const kept = parse(maskedModel(yaml, values));

  test('has references for the values of variables, wherever in an environment or a command they stand', () => {
    expect(kept.services.backend).toMatchObject({
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as Compose writes a reference
      environment: { URL: 'postgres://app:${DB_PASSWORD}@postgres/app', MAIL: 'smtp://x:${MAIL_PASSWORD}@mail', PRICE: '$$5' },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: likewise
      command: ['run', '--key=${MAIL_PASSWORD}'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: likewise
      'x-slipway': { migrate: { run: ['up', '${DB_PASSWORD}'] } },
    });
  });

  test('keeps what decides about the release as it is, even where a variable has that value', () => {
    expect(kept.services.backend).toMatchObject({
      image: 'shop/backend:v1',
      deploy: { replicas: 2 },
      networks: { app: null },
      init: true,
      'x-slipway': { route: { path: '/', host: 'api.example.com' } },
    });
  });

  test('gets today’s values back, and names those that there are no more', () => {
    const masked = maskedModel(yaml, values);
    expect(parse(unmaskedModel(masked, values).yaml)).toEqual(parse(yaml));
    const { yaml: today, missing } = unmaskedModel(masked, { DB_PASSWORD: 'new$one' });
    expect(missing).toEqual(['MAIL_PASSWORD']);
    expect(parse(today).services.backend.environment.URL).toBe('postgres://app:new$$one@postgres/app');
  });

  test('comes back whole, whatever the texts and the values are', () => {
    const text = fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', 'b', '"', ' ', 'secret-value') });
    fc.assert(
      fc.property(fc.array(text), fc.constantFrom('secret-value', '$ecret-$value', '$'.concat('{KEY}-value')), (texts, value) => {
        const doubled = (one: string) => one.replaceAll('$', '$$$$');
        const command = texts.map((one) => doubled(one).replaceAll('secret-value', () => doubled(value)));
        const model = { services: { a: { command } } };
        const { yaml: back, missing } = unmaskedModel(maskedModel(stringify(model), { KEY: value }), { KEY: value });
        expect(missing).toEqual([]);
        expect(parse(back)).toEqual(model);
      }),
    );
  });
});

test('of an environment, what is called secret is', () => {
  expect(secretsOf({ STRIPE_KEY: 'a', GITHUB_TOKEN: 'b', HOME: '/root', PATH: '/bin', EMPTY_SECRET: undefined })).toEqual({
    STRIPE_KEY: 'a',
    GITHUB_TOKEN: 'b',
  });
});
