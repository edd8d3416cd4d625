import type { ArchiveFile } from '../engine/archive.js';
import { ASSETS_MAP } from './assets.js';
import { choiceOf } from './canary.js';
import { describeSet } from './live.js';
import { routesOf } from './routes.js';
import { serversOf } from './servers.js';
import { type Certificate, type EdgeMode, type EdgeSettings, type EdgeTarget, edgePorts, lines, upstreamName } from './target.js';

/**
 * Renders a set of nginx configuration; pure.
 *
 * @param mode for whom the set is
 * @param target the colour, version and services to serve
 * @param settings the stack's settings of the edge
 * @param certificate needed when TLS is `files`
 * @returns the set's files, as nginx/bin/edge takes them
 */
export function renderEdge(mode: EdgeMode, target: EdgeTarget, settings: EdgeSettings, certificate?: Certificate): ArchiveFile[] {
  const description = describeSet(target);
  const files: Record<string, string> = {
    'instance.conf': instance(mode, settings),
    'http.conf': http(mode, target, settings),
    'upstreams.conf': lines(...upstreams(target)),
    'servers.conf': serversOf(mode, target, settings, description),
    'live.json': `${description}\n`,
  };
  if (mode === 'live') files['warm.conf'] = warmServer(target);
  if (mode === 'live' && settings.TLS === 'files' && certificate) {
    files['tls.crt'] = certificate.certificate;
    files['tls.key'] = certificate.key;
  }
  if (mode === 'live' && settings.TLS === 'self-signed') files['self-signed.names'] = `${settings.SERVER_NAMES.join('\n')}\n`;
  return Object.entries(files).map(([path, content]) => ({ path, content, mode: 0o640 }));
}

/** The staging instance is small, forgets its clients at once, and must not share the live one's pid file. */
function instance(mode: EdgeMode, settings: EdgeSettings): string {
  if (mode === 'staging')
    return lines('pid /tmp/staging.pid;', 'worker_processes 1;', 'worker_shutdown_timeout 1s;', 'error_log /proc/1/fd/2;');
  return lines('pid /tmp/edge.pid;', 'worker_processes auto;', `worker_shutdown_timeout ${settings.DRAIN_TIMEOUT}ms;`);
}

function http(mode: EdgeMode, target: EdgeTarget, settings: EdgeSettings): string {
  return lines(
    ...choiceOf(target),
    // What the app is told of the client's way in; the staging port stands in for the public one.
    `map '' $edge_scheme { default ${mode === 'staging' && settings.TLS !== 'off' ? 'https' : '$scheme'}; }`,
    ...(target.assets === undefined ? [] : [ASSETS_MAP]),
    `client_max_body_size ${settings.BODY_LIMIT};`,
    // A reload closes idle connections under the client, whose next request is then lost. The minimum keeps them open for
    // as long as a client may think (nginx 1.27.4 and later; see DECISIONS.md for the measurement).
    `keepalive_timeout ${settings.KEEPALIVE_TIMEOUT}ms;`,
    `keepalive_min_timeout ${settings.KEEPALIVE_TIMEOUT}ms;`,
    ...settings.TRUSTED_PROXIES.map((network) => `set_real_ip_from ${network};`),
    ...(settings.TRUSTED_PROXIES.length > 0 ? ['real_ip_header X-Forwarded-For;', 'real_ip_recursive on;'] : []),
    ...(mode === 'live' ? limitZones(settings) : []),
  );
}

function limitZones({ RATE_API, RATE_AUTH, RATE_ADDRESS }: EdgeSettings): string[] {
  const zone = (name: string, rate: string) =>
    rate === 'off' ? [] : [`limit_req_zone $binary_remote_addr zone=${name}:10m rate=${rate};`];
  const zones = [...zone('api', RATE_API), ...zone('auth', RATE_AUTH), ...zone('address', RATE_ADDRESS)];
  return zones.length === 0 ? [] : [...zones, 'limit_req_status 429;', 'limit_req_log_level warn;'];
}

/**
 * An upstream for each service. Docker's DNS gives the addresses of all replicas that carry the colour's alias; `resolve`
 * follows them, so that a replica that is added or moves needs no reload.
 */
function upstreams(target: EdgeTarget): string[] {
  return answering(target).map(({ name, address }) => {
    // keepalive_timeout below Node's 5 s, so that no request meets a connection that the app is just closing.
    return `upstream ${name} { zone ${name} 64k; server ${address} resolve; keepalive 32; keepalive_timeout 4s; }`;
  });
}

/** @returns the services that have routes, of the release and of its canary */
function answering(target: EdgeTarget): { name: string; address: string }[] {
  return [target, ...(target.canary ? [target.canary] : [])].flatMap(({ colour, services }) => {
    const ports = new Map(routesOf(services).map(({ service, port }) => [service, port]));
    return [...ports].map(([service, port]) => ({ name: upstreamName(service, colour), address: `${service}.${colour}:${port}` }));
  });
}

/**
 * What nginx/bin/edge asks before a cut, to know that each new upstream has an address. OPTIONS is a safe method (RFC 9110,
 * section 9.2.1), so the app changes nothing by it, and any answer will do.
 */
function warmServer(target: EdgeTarget): string {
  return lines(
    'server {',
    `    listen 127.0.0.1:${edgePorts.warm};`,
    '    access_log off;',
    '    proxy_method OPTIONS;',
    '    proxy_pass_request_headers off;',
    '    proxy_set_header Connection close;',
    '    proxy_connect_timeout 1s;',
    '    proxy_read_timeout 1s;',
    '    add_header X-Upstream $upstream_addr always;',
    ...answering(target).map(({ name }) => `    location = /${name} { proxy_pass http://${name}/; }`),
    '}',
  );
}
