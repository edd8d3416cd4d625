import type { AppService } from '../../../scripts/lib/config/app-model.js';
import { renderEdge } from '../../../scripts/lib/edge/render.js';
import type { Certificate, EdgeCanary, EdgeMode } from '../../../scripts/lib/edge/target.js';
import { type Directive, parseNginx, valuesOf } from '../../files/nginx-syntax.js';
import { appService, edgeSettings } from '../fixtures.js';

/** The sample app's two web services. */
export const sample = [
  appService('frontend', { role: 'web', port: 3000, route: { path: '/' } }),
  appService('backend', { role: 'web', port: 8000, route: { path: '/api/' }, limits: [{ path: '/api/v1/auth/', rate: 'auth' }] }),
];

export interface What {
  mode?: EdgeMode;
  services?: readonly AppService[];
  env?: Record<string, string>;
  certificate?: Certificate;
  version?: string;
  colour?: 'blue' | 'green';
  canary?: EdgeCanary;
  /** The release whose assets are kept. */
  assets?: string;
}

/** @returns the rendered set: its files by name, and each .conf as nginx reads it */
export function rendered({
  mode = 'live',
  services = sample,
  env = {},
  certificate,
  version = 'v1.2',
  colour = 'green',
  canary,
  assets,
}: What = {}) {
  const set = renderEdge(
    mode,
    { colour, version, token: 42, services, assets, ...(canary ? { canary } : {}) },
    edgeSettings(env),
    certificate,
  );
  const files = Object.fromEntries(set.map(({ path, content }) => [path, String(content)]));
  const conf = (path: string): Directive[] => parseNginx(files[path] ?? '');
  return {
    files,
    set,
    instance: conf('instance.conf'),
    http: [...conf('http.conf'), ...conf('upstreams.conf')],
    servers: conf('servers.conf'),
  };
}

/** @returns the server blocks that answer the public (or the staging port), without the private one and the redirect */
export function publicServers(servers: readonly Directive[]): Directive[] {
  return servers.filter(({ block }) => allowsRoutes(block));
}

function allowsRoutes(block: readonly Directive[] | undefined): boolean {
  return valuesOf(block, 'listen').length > 0 && valuesOf(block, 'return').length === 0;
}

/** @returns a server's locations: path to the directives inside */
export function locationsOf(server: Directive | undefined): Record<string, Directive[]> {
  const locations = (server?.block ?? []).filter(({ name }) => name === 'location');
  return Object.fromEntries(locations.map(({ args, block }) => [args.join(' '), block ?? []]));
}

/** @returns the paths of a server's locations, twice when there are two of one path */
export function locationPaths(server: Directive | undefined): string[] {
  return (server?.block ?? []).filter(({ name }) => name === 'location').map(({ args }) => args.join(' '));
}
