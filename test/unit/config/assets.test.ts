import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readAppModel } from '../../../scripts/lib/config/app-model.js';
import { assetsOf } from '../../../scripts/lib/config/assets.js';
import { namesOf } from '../../../scripts/lib/config/names.js';
import type { UsageError } from '../../../scripts/lib/errors.js';
import { appService } from '../fixtures.js';

const web = (route: unknown, assets: unknown) => ({ role: 'web', port: 80, route, assets });

describe('a folder of assets', () => {
  test.each([
    ['/app/public/assets', { path: '/' }, '/assets/'],
    ['/app/public/assets/', { path: '/' }, '/assets/'],
    ['/app/public/assets', { path: '/api/', host: 'api.example.com' }, '/api/assets/'],
    ['/app/public/assets', { path: '/shop' }, '/shop/assets/'],
    ['/static', [{ path: '/b/' }, { path: '/' }], '/b/static/'],
  ])('%s is served under the first route by its last name', (folder, route, at) => {
    expect(assetsOf(appService('web', web(route, folder)))).toEqual([{ folder: folder.replace(/\/$/, ''), at }]);
  });

  test('may be served elsewhere, and there may be several', () => {
    const assets = ['/app/dist', { folder: '/app/.next/static', at: '/_next/static/' }];
    expect(assetsOf(appService('web', web({ path: '/' }, assets)))).toEqual([
      { folder: '/app/dist', at: '/dist/' },
      { folder: '/app/.next/static', at: '/_next/static/' },
    ]);
  });
});

describe('what is refused', () => {
  const details = (blocks: Record<string, object>): readonly string[] => {
    const services = Object.entries(blocks).map(([name, block]) => [name, { image: 'x', networks: { app: null }, 'x-slipway': block }]);
    try {
      readAppModel(stringify({ services: Object.fromEntries(services), networks: { app: { name: 'shop-app' } } }), namesOf('shop'));
    } catch (error) {
      return (error as UsageError).details;
    }
    return [];
  };
  const key = 'services.web.x-slipway.assets';
  const front = web({ path: '/' }, undefined);

  test.each<[string, Record<string, object>, string]>([
    ['assets of a worker', { front, web: { role: 'worker', assets: '/a/b' } }, `${key}: only a service with role: web has them`],
    [
      'assets of a web service that nothing leads to',
      { front, web: { role: 'web', port: 80, assets: '/a/b' } },
      `${key}: are served under a route of the service, and it has none`,
    ],
    [
      'a place beside the route',
      { web: web({ path: '/shop/' }, { folder: '/a', at: '/assets/' }) },
      `${key}: /assets/ is under no route of the service`,
    ],
    [
      'a place that another service has',
      { front: web({ path: '/assets/' }, undefined), web: web({ path: '/' }, '/app/assets') },
      `${key}: /assets/ leads to another service`,
    ],
    ['a place that two folders have', { web: web({ path: '/' }, ['/a/assets', '/b/assets']) }, `${key}: /assets/ is named twice`],
    [
      'a last name that is no path',
      { web: web({ path: '/' }, '/app/ü') },
      `${key}: /ü/ cannot be a path of the edge; say another one: { folder: …, at: /assets/ }`,
    ],
    [
      'a folder that is none',
      { web: web({ path: '/' }, 'public') },
      `${key}[0].folder: should be a folder of the image such as /app/public/assets`,
    ],
    [
      'a place that does not end with "/"',
      { web: web({ path: '/' }, { folder: '/a', at: '/x' }) },
      `${key}[0].at: should be a path that begins and ends with "/", such as /_next/static/`,
    ],
    ['a key that there is not', { web: web({ path: '/' }, { folder: '/a', to: '/x/' }) }, `${key}[0]: there is no key to`],
  ])('%s', (_, blocks, problem) => {
    expect(details(blocks)).toContain(problem);
  });

  test('nothing of what is right', () => {
    expect(
      details({ web: web([{ path: '/' }, { path: '/', host: 'x.example' }], ['/app/assets', { folder: '/b', at: '/c/d/' }]) }),
    ).toEqual([]);
    // Another service has the place on one host; on all others it is this one's.
    const other = web({ path: '/assets/', host: 'x.example' }, undefined);
    expect(details({ front: other, web: web([{ path: '/' }, { path: '/', host: 'x.example' }], '/app/assets') })).toEqual([]);
  });
});
