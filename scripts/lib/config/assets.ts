import { posix } from 'node:path';
import type { AppService } from './app-model.js';

/** A folder of files that carry a hash of their content in their names. */
export interface Assets {
  /** Inside the service's image; no "/" at its end. */
  folder: string;
  /** Where the service serves them; begins and ends with "/". */
  at: string;
}

/** It becomes a location of nginx and a folder of the edge's volume: nothing in it may mean anything to either. */
export const ASSETS_AT = /^(?:\/(?!\.{1,2}\/)[A-Za-z0-9._~@+-]+)+\/$/;

/**
 * @param service a service with a route
 * @returns its folders of assets; one that says no place of its own is served under the first route by its last name
 */
export function assetsOf({ assets, route }: Pick<AppService, 'assets' | 'route'>): Assets[] {
  return assets.map(({ folder, at }) => {
    const plain = folder.replace(/\/$/, '');
    return { folder: plain, at: at ?? `${(route[0]?.path ?? '/').replace(/\/$/, '')}/${posix.basename(plain)}/` };
  });
}

/**
 * @param leadsTo tells whether a path reaches a service on one host at least
 * @returns what is wrong with the assets of all services, a line each
 */
export function assetProblems(
  services: readonly AppService[],
  leadsTo: (service: AppService, path: string, services: readonly AppService[]) => boolean,
): string[] {
  return services.flatMap((service) => {
    const { name, role, route, assets } = service;
    const key = `services.${name}.x-slipway.assets`;
    if (assets.length === 0) return [];
    if (role !== 'web') return [`${key}: only a service with role: web has them`];
    if (route.length === 0) return [`${key}: are served under a route of the service, and it has none`];
    const places = assetsOf(service).map(({ at }) => at);
    return places.flatMap((at, index) => {
      if (!ASSETS_AT.test(at)) return [`${key}: ${at} cannot be a path of the edge; say another one: { folder: …, at: /assets/ }`];
      if (places.indexOf(at) < index) return [`${key}: ${at} is named twice`];
      if (!route.some(({ path }) => at.startsWith(path))) return [`${key}: ${at} is under no route of the service`];
      return leadsTo(service, at, services) ? [] : [`${key}: ${at} leads to another service`];
    });
  });
}
