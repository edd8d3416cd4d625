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

/** A path that has a request limit of its own, wherever it is the service's. */
export interface EdgeLimit {
  service: string;
  path: string;
  rate: RateName;
}

/**
 * @param services the app's services
 * @returns every path that the edge routes
 */
export function routesOf(services: readonly AppService[]): EdgeRoute[] {
  return services.flatMap(({ name, role, port, route }) => {
    if (role !== 'web' || port === undefined) return [];
    return route.map(({ host, path, rate, timeout, body }) => ({
      host,
      path,
      service: name,
      port,
      rate: rate ?? (path === '/api' || path.startsWith('/api/') ? 'api' : 'off'),
      timeout,
      body,
    }));
  });
}

/** @returns the paths that have a limit of their own */
export function limitsOf(services: readonly AppService[]): EdgeLimit[] {
  return services.flatMap(({ name, limits }) => limits.map(({ path, rate }) => ({ service: name, path, rate })));
}

/** @returns the hosts that have a server of their own; undefined stands for any other */
export function hostsOf(routes: readonly EdgeRoute[]): (string | undefined)[] {
  return [...new Set([undefined, ...routes.map(({ host }) => host)])];
}

/**
 * Finds what holds on one host: its own routes, and those for any host where it has none of that path. A limit becomes a
 * location of its own, and never moves a path to another service.
 *
 * @param host undefined: any host that no route names
 */
export function routesAt(routes: readonly EdgeRoute[], limits: readonly EdgeLimit[], host: string | undefined): EdgeRoute[] {
  const own = routes.filter((route) => route.host === host);
  const general = routes.filter((route) => route.host === undefined && !own.some(({ path }) => path === route.path));
  const all = host === undefined ? own : [...own, ...general];
  return limits.reduce((held, limit) => withLimit(all, held, limit), all);
}

function withLimit(routes: readonly EdgeRoute[], held: readonly EdgeRoute[], { service, path, rate }: EdgeLimit): EdgeRoute[] {
  const parent = routeFor(routes, path);
  if (parent?.service !== service) return [...held];
  return [...held.filter((route) => route.path !== path), { ...parent, path, rate }];
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
