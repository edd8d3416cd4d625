import type { AppService } from '../config/app-model.js';
import type { RateName } from '../config/x-slipway.js';

/** A path of the edge and the service behind it. */
export interface EdgeRoute {
  /** Undefined: any host. */
  host: string | undefined;
  path: string;
  service: string;
  port: number;
  rate: RateName;
  /** Milliseconds; undefined: the edge's default. */
  timeout: number | undefined;
  body: string | undefined;
}

/**
 * @param services the app's services
 * @returns every path that the edge routes, the paths with a limit of their own included
 */
export function routesOf(services: readonly AppService[]): EdgeRoute[] {
  return services.flatMap(({ name, role, port, route, limits }) => {
    if (role !== 'web' || port === undefined) return [];
    const routes = route.map(
      ({ host, path, rate, timeout, body }): EdgeRoute => ({
        host,
        path,
        service: name,
        port,
        rate: rate ?? (path === '/api' || path.startsWith('/api/') ? ('api' as const) : ('off' as const)),
        timeout,
        body,
      }),
    );
    return limits.reduce((all, { path, rate }) => withLimit(all, path, rate), routes);
  });
}

/** Gives a path a limit of its own: as a further location under its route, or as the route's own limit. */
function withLimit(routes: readonly EdgeRoute[], path: string, rate: RateName): EdgeRoute[] {
  const same = routes.some((route) => route.path === path);
  if (same) return routes.map((route) => (route.path === path ? { ...route, rate } : route));
  const parent = routeFor(routes, path);
  return parent ? [...routes, { ...parent, path, rate }] : [...routes];
}

/**
 * @param routes the edge's routes
 * @param path a request's path
 * @returns the route that nginx takes for it: the longest prefix; of several hosts the first
 */
export function routeFor(routes: readonly EdgeRoute[], path: string): EdgeRoute | undefined {
  const matching = routes.filter((route) => path.startsWith(route.path));
  return matching.sort((a, b) => b.path.length - a.path.length)[0];
}
