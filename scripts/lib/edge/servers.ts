import type { RateName } from '../config/x-slipway.js';
import { assetBlocks, type Block } from './assets.js';
import { clientHeader } from './canary.js';
import { type EdgeLocation, forkMaps, hostsIn, locationsAt } from './locations.js';
import { type EdgeMode, type EdgeSettings, type EdgeTarget, edgePorts, lines } from './target.js';

/** How many requests above the rate are let through at once, by limit (the guides' values). */
const BURST = { api: 20, auth: 5, address: 2_000 } as const;

/**
 * Renders the server blocks: one for any host, one for each host that a route names, the redirect to TLS, the private port.
 *
 * @param description the live set's description, as JSON in one line
 */
export function serversOf(mode: EdgeMode, target: EdgeTarget, settings: EdgeSettings, description: string): string {
  const servers = hostsIn(target).map((host) => server(mode, target, settings, host));
  if (mode === 'staging') return servers.join('\n');
  return [lines(...forkMaps(target)), ...servers, ...redirect(settings), privateServer(description)].join('\n');
}

function server(mode: EdgeMode, target: EdgeTarget, settings: EdgeSettings, host: string | undefined): string {
  const locations = locationsAt(target, host);
  return lines(
    'server {',
    ...listen(mode, settings, host),
    mode === 'live' ? '    access_log /dev/stdout edge;' : '    access_log off;',
    '    include /etc/nginx/snippets/headers.conf;',
    ...clientHeader(target),
    '    include /etc/nginx/snippets/errors.conf;',
    ...locations.flatMap((one) => location(mode, one, target, settings)),
    ...(locations.some(({ route }) => route.path === '/') ? [] : ['    location / { return 404; }']),
    '}',
  );
}

function listen(mode: EdgeMode, { TLS }: EdgeSettings, host: string | undefined): string[] {
  const fallback = host === undefined ? ' default_server' : '';
  const name = host === undefined ? [] : [`    server_name ${host};`];
  if (mode === 'staging') return [`    listen ${edgePorts.staging}${fallback};`, ...name];
  if (TLS === 'off') return [`    listen ${edgePorts.http}${fallback};`, `    listen ${edgePorts.inside}${fallback};`, ...name];
  const [certificate, key] =
    TLS === 'files' ? ['tls.crt', 'tls.key'] : ['/var/lib/edge/tls/self-signed.crt', '/var/lib/edge/tls/self-signed.key'];
  return [
    `    listen ${edgePorts.https} ssl${fallback};`,
    `    listen ${edgePorts.inside} ssl${fallback};`,
    '    http2 on;',
    ...name,
    `    ssl_certificate ${certificate};`,
    `    ssl_certificate_key ${key};`,
  ];
}

function location(mode: EdgeMode, { route, upstream }: EdgeLocation, { assets }: EdgeTarget, settings: EdgeSettings): string[] {
  const { path, service } = route;
  const limited = mode === 'live' ? limits(route.rate, settings) : [];
  const proxied = [
    // A release that has nothing here: what it would answer without the other one.
    ...(upstream.startsWith('$') ? [`if (${upstream} = '') { return 404; }`] : []),
    ...(route.body === undefined ? [] : [`client_max_body_size ${route.body};`]),
    ...(route.timeout === undefined ? [] : [`proxy_read_timeout ${route.timeout}ms;`, `proxy_send_timeout ${route.timeout}ms;`]),
    `proxy_pass http://${upstream};`,
    'include /etc/nginx/snippets/proxy.conf;',
  ];
  const blocks: Block[] =
    route.kept && assets !== undefined
      ? assetBlocks({ path, service, limits: limited, proxied, release: assets })
      : [[path, [...limited, ...proxied]]];
  return blocks.flatMap(([at, inside]) => [`    location ${at} {`, ...inside.map((line) => `        ${line}`), '    }']);
}

/** Each location lists all its limits: a limit_req here drops those of the server. */
function limits(rate: RateName, settings: EdgeSettings): string[] {
  const use = (zone: keyof typeof BURST) => `limit_req zone=${zone} burst=${BURST[zone]} nodelay;`;
  const own = { api: settings.RATE_API, auth: settings.RATE_AUTH, off: 'off' }[rate];
  return [...(rate === 'off' || own === 'off' ? [] : [use(rate)]), ...(settings.RATE_ADDRESS === 'off' ? [] : [use('address')])];
}

function redirect({ TLS, HTTPS_PORT }: EdgeSettings): string[] {
  if (TLS === 'off') return [];
  const port = HTTPS_PORT === 443 ? '' : `:${HTTPS_PORT}`;
  return [
    lines(
      'server {',
      `    listen ${edgePorts.http} default_server;`,
      '    access_log off;',
      '    include /etc/nginx/snippets/headers.conf;',
      // 308 keeps the method and the body of a POST.
      `    return 308 https://$host${port}$request_uri;`,
      '}',
    ),
  ];
}

/** Each worker answers here with the set that it runs: how a cut is verified. */
function privateServer(description: string): string {
  return lines(
    'server {',
    '    include /etc/nginx/snippets/private.conf;',
    `    location = /live { default_type application/json; return 200 '${description}\\n'; }`,
    '}',
  );
}
