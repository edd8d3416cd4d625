import type { Colour } from '../config/names.js';
import { type AssetRoute, withAssets } from './assets.js';
import { hostsOf, limitsOf, routeFor, routesAt, routesOf } from './routes.js';
import { type EdgeTarget, upstreamName } from './target.js';

/** A location of the edge, and which upstream answers there. */
export interface EdgeLocation {
  route: AssetRoute;
  /** An upstream's name, or the variable that holds it where it depends on the client. */
  upstream: string;
}

/** Where a client of either release is sent by one location; undefined: that release has nothing there. */
interface Fork {
  live: string | undefined;
  canary: string | undefined;
}

/** @returns the hosts that have a server of their own in either release; undefined stands for any other */
export function hostsIn({ services, canary }: EdgeTarget): (string | undefined)[] {
  return hostsOf([...routesOf(services), ...routesOf(canary?.services ?? [])]);
}

/**
 * Finds the locations of one host; pure. While a canary is tried, they are those of both releases: where one of them has no
 * route of that very path, the route that it would take instead counts.
 *
 * @param host undefined: any host that no route names
 */
export function locationsAt(target: EdgeTarget, host: string | undefined): EdgeLocation[] {
  const live = tableOf(target, host, target);
  if (!target.canary) return live.map((route) => ({ route, upstream: upstreamName(route.service, target.colour) }));
  const canary = tableOf(target.canary, host, target);
  const all = forks(target);
  return both(live, canary).map(({ route, fork }) => ({ route, upstream: variableOf(all, fork) }));
}

/** @returns a `map` for each pair of upstreams that clients are divided between; none without a canary */
export function forkMaps(target: EdgeTarget): string[] {
  const { canary, colour } = target;
  if (!canary) return [];
  const all = forks(target);
  const to = (service: string | undefined, of: Colour) => (service === undefined ? "''" : upstreamName(service, of));
  return all.map(
    (fork) =>
      `map $edge_colour ${variableOf(all, fork)} { ${canary.colour} ${to(fork.canary, canary.colour)}; default ${to(fork.live, colour)}; }`,
  );
}

function tableOf(
  { services }: Pick<EdgeTarget, 'services'>,
  host: string | undefined,
  { assets }: Pick<EdgeTarget, 'assets'>,
): AssetRoute[] {
  const routes = routesAt(routesOf(services), limitsOf(services), host);
  return assets === undefined ? routes : withAssets(routes, services);
}

/** What a route has beside its path (limits, timeouts) is as the canary wants it, where it has that path. */
function both(live: readonly AssetRoute[], canary: readonly AssetRoute[]): { route: AssetRoute; fork: Fork }[] {
  const byPath = new Map([...live, ...canary].map((route) => [route.path, route]));
  return [...byPath.values()].map((route) => ({
    route,
    fork: { live: routeFor(live, route.path)?.service, canary: routeFor(canary, route.path)?.service },
  }));
}

/** Every fork of every host, once, in an order that does not change. */
function forks(target: EdgeTarget): Fork[] {
  const found = new Map<string, Fork>();
  for (const host of hostsIn(target)) {
    for (const { fork } of both(tableOf(target, host, target), tableOf(target.canary ?? { services: [] }, host, target)))
      found.set(keyOf(fork), fork);
  }
  return [...found.values()];
}

/** By number: a service's name may have characters that a variable's cannot, and be longer than nginx has room for. */
function variableOf(all: readonly Fork[], fork: Fork): string {
  return `$edge_fork_${all.findIndex((one) => keyOf(one) === keyOf(fork))}`;
}

function keyOf({ live, canary }: Fork): string {
  return JSON.stringify([live, canary]);
}
