import type { AppService } from '../config/app-model.js';
import { type Config, variable } from '../config/load.js';
import type { Check } from '../config/x-slipway.js';
import { type EdgeRoute, routeFor, routesAt, routesOf } from '../edge/routes.js';
import { edgePorts } from '../edge/target.js';
import type { ProbeRequest } from '../engine/deck/protocol.js';
import type { ContainerState } from './state.js';

/** A check and one place to ask: a check that no route leads to is asked of every replica by itself. */
export interface AimedCheck {
  service: string;
  check: Check;
  /** For the person: `/api/notes`, or `/health of shop-green-backend-2`. */
  label: string;
  request: ProbeRequest;
}

/**
 * Where the edge is asked: the staging port before the cut, the public one after it. While maintenance keeps the public out,
 * the same servers answer at the inside port, which nobody outside reaches.
 */
export type Door = 'staging' | 'public' | 'inside';

/**
 * Finds where each check is asked. A path that the edge routes to the service is asked through the edge, with the route's
 * host; any other (such as a /health that is not public) is asked of each container.
 *
 * @param services all services of the app
 * @param containers the colour's containers
 */
export function aimChecks(
  config: Config,
  services: readonly AppService[],
  containers: readonly ContainerState[],
  door: Door,
  checksOf: (service: AppService) => readonly Check[],
): AimedCheck[] {
  const routes = routesOf(services);
  return services.flatMap((service) =>
    checksOf(service).flatMap((check): AimedCheck[] => {
      const route = publicRoute(routes, service.name, check.path);
      const headers = headersFor(config, check, route?.host);
      const common = { path: check.path, headers, timeoutMs: check.timeout };
      if (route) {
        return [{ service: service.name, check, label: check.path, request: { ...common, ...doorOf(config, door) } }];
      }
      return containers
        .filter((container) => container.service === service.name)
        .map((container) => ({
          service: service.name,
          check,
          label: `${check.path} of ${container.name}`,
          request: { ...common, host: container.addresses[config.names.networks.app] ?? container.name, port: service.port ?? 80 },
        }));
    }),
  );
}

/**
 * @returns the route by which a path of a service is reached from outside, with its host; undefined when there is none, since
 * no route leads to it or another service has it there
 */
export function publicRoute(routes: readonly EdgeRoute[], service: string, path: string): EdgeRoute | undefined {
  const own = routeFor(
    routes.filter((route) => route.service === service),
    path,
  );
  return own && routeFor(routesAt(routes, [], own.host), path)?.service === service ? own : undefined;
}

function doorOf({ settings }: Config, door: Door): Pick<ProbeRequest, 'host' | 'port' | 'tls'> {
  if (door === 'staging') return { host: 'edge', port: edgePorts.staging };
  const tls = settings.TLS !== 'off';
  const port = { inside: edgePorts.inside, public: tls ? edgePorts.https : edgePorts.http }[door];
  return tls ? { host: 'edge', port, tls } : { host: 'edge', port };
}

/** @returns the headers of a check: the right Host, who asks, and the bearer token where one is declared */
export function headersFor(config: Config, check: Check, host: string | undefined): Record<string, string> {
  const token = check.bearer === undefined ? undefined : variable(config, check.bearer);
  return {
    // Frameworks such as Django refuse host names that they do not know.
    host: host ?? config.settings.SERVER_NAMES[0] ?? 'localhost',
    'user-agent': 'slipway-check',
    'x-forwarded-proto': config.settings.TLS === 'off' ? 'http' : 'https',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}
