import type { AppService } from '../config/app-model.js';
import { assetsOf } from '../config/assets.js';
import { type EdgeRoute, routeFor } from './routes.js';

/** Where the edge keeps assets; nginx/lib/assets.sh fills it. */
export const ASSETS = '/var/lib/edge/assets';
/** An nginx variable: that folder for those who only want to read, and nothing for everybody else. */
const READABLE = '$edge_assets';

/** A route that may have files under it which the edge keeps. */
export interface AssetRoute extends EdgeRoute {
  kept?: true;
}

/**
 * Adds a location for each folder of assets, wherever its path is the service's; pure. It has all that its parent has:
 * limits, timeouts, body.
 *
 * @param routes what holds on one host
 */
export function withAssets(routes: readonly EdgeRoute[], services: readonly AppService[]): AssetRoute[] {
  const places = services.flatMap((service) => assetsOf(service).map(({ at }) => ({ service: service.name, at })));
  const added = places.flatMap(({ service, at }): EdgeRoute[] => {
    const parent = routeFor(routes, at);
    return parent?.service === service && parent.path !== at ? [{ ...parent, path: at }] : [];
  });
  return [...routes, ...added].map((route) =>
    places.some(({ service, at }) => route.service === service && route.path.startsWith(at)) ? { ...route, kept: true } : route,
  );
}

/** The variable that {@link assetBlocks} uses, for the http block: who posts to the path of a file means the app. */
export const ASSETS_MAP = `map $request_method ${READABLE} { GET ${ASSETS}; HEAD ${ASSETS}; default /dev/null; }`;

/** What of a location with assets is made elsewhere. */
export interface AssetLocation {
  path: string;
  service: string;
  /** The limits of the location. */
  limits: readonly string[];
  /** What passes a request to the app: `proxy_pass` and all that goes with it. */
  proxied: readonly string[];
  /** The release, or an nginx variable that is one, that `proxied` passes to. */
  release: string;
}

/** One location: its path (or `@name`) and the directives inside. */
export type Block = readonly [path: string, inside: readonly string[]];

/**
 * Renders a location with assets; pure. What the release itself has is the app's to answer, and so is what nobody has; only
 * what other releases had comes from the edge. So the app is asked once whatever the answer is, its 404 is its own, and an
 * app that answers every path with its page cannot hide the files of an older one.
 */
export function assetBlocks({ path, service, limits, proxied, release }: AssetLocation): Block[] {
  const own = `root ${READABLE}/releases/${release}/${service};`;
  return [
    // The file that try_files finds is the request's own path, so it is this location's proxy_pass that answers.
    [path, [...limits, own, `try_files $uri @kept${path};`, ...ERROR_PAGES, `error_page 502 504 = @own${path};`, ...proxied]],
    [`@kept${path}`, [`root ${READABLE}/all/${service};`, `try_files $uri @app${path};`]],
    [`@app${path}`, proxied],
    // While the app gives no answer, the release's files are there all the same.
    [`@own${path}`, [own, 'try_files $uri @no_answer;']],
  ];
}

/** Those of snippets/errors.conf, all of which an error_page in a location drops. */
const ERROR_PAGES = ['error_page 413 @too_large;', 'error_page 429 @too_many;', 'error_page 500 @failed;', 'error_page 503 @unavailable;'];
