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
    const routes = route.map(({ host, path, rate, timeout, body }) => ({
      host,
      path,
      service: name,
      port,
      rate: rate ?? (path.startsWith('/api') ? ('api' as const) : ('off' as const)),
      timeout,
      body,
    }));
    const limited = limits.flatMap(({ path, rate }) =>
      routes.filter((one) => path.startsWith(one.path)).map((one) => ({ ...one, path, rate })),
    );
    return [...routes, ...limited];
  });
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
