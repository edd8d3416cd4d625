import { describe, expect, test } from 'vitest';
import { foreignData, type HeldVolume } from '../../../scripts/lib/dev/data.js';
import { refuseRemoteEngine } from '../../../scripts/lib/dev/local.js';
import type { Docker } from '../../../scripts/lib/engine/docker.js';
import { UsageError } from '../../../scripts/lib/errors.js';

const volume = (name: string, project: string | undefined, ...holders: HeldVolume['holders']): HeldVolume => ({ name, project, holders });

describe('data that is not the development stack’s own', () => {
  test('is none of what its project has made, as long as only its containers use it', () => {
    const own = volume('shop-dev_postgres', 'shop-dev', { name: 'shop-dev-postgres-1', project: 'shop-dev' });
    expect(foreignData(['shop-dev_postgres'], [own, volume('shop_postgres', 'shop')], 'shop-dev')).toEqual([]);
  });

  test('is a volume of another project that its files call their own', () => {
    expect(foreignData(['shop_postgres'], [volume('shop_postgres', 'shop')], 'shop-dev')).toEqual([
      'the volume shop_postgres belongs to the project shop',
    ]);
  });

  test('is a volume that somebody made by hand', () => {
    expect(foreignData(['data'], [volume('data', undefined)], 'shop-dev')).toEqual(['the volume data belongs to no project']);
  });

  test('is a volume of its own that something else uses', () => {
    const shared = volume('shop-dev_postgres', 'shop-dev', { name: 'tool', project: undefined });
    expect(foreignData([], [shared], 'shop-dev')).toEqual([
      'the volume shop-dev_postgres is used by the container tool, which is not of shop-dev',
    ]);
  });

  test('is nothing that is not there yet', () => {
    expect(foreignData(['shop-dev_postgres'], [], 'shop-dev')).toEqual([]);
  });
});

describe('the engine', () => {
  const refuse = (host: string) => () => refuseRemoteEngine({ endpoint: { host } } as Docker);

  test.each(['unix:///var/run/docker.sock', 'tcp://127.0.0.1:2375', 'tcp://localhost:2375', 'tcp://[::1]:2375'])(
    '%s is this machine’s',
    (host) => {
      expect(refuse(host)).not.toThrow();
    },
  );

  test.each(['tcp://10.0.0.5:2376', 'tcp://docker.example.com:2376'])('%s is another machine’s', (host) => {
    expect(refuse(host)).toThrow(UsageError);
  });
});
