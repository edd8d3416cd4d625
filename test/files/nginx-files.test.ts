import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AppService } from '../../scripts/lib/config/app-model.js';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { renderGate } from '../../scripts/lib/edge/maintenance.js';
import { edgePorts } from '../../scripts/lib/edge/target.js';
import { rendered, sample } from '../unit/edge/rendered.js';
import { filesUnder } from './listing.js';
import { allOf, type Directive, parseNginx, valuesOf } from './nginx-syntax.js';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const files = [...filesUnder('nginx', '.conf'), ...filesUnder('infra/dev-edge', '.conf')];
/** Folders that hold a whole set, as the edge takes it: what a stack without a release answers, and the one of development. */
const sets = ['nginx/empty', 'infra/dev-edge'];

/** Follows includes as nginx does: absolute ones are those of the image, others those of the set. */
function withIncludes(directives: readonly Directive[], set: (name: string) => Directive[]): Directive[] {
  return directives.flatMap((directive) => {
    if (directive.name !== 'include') return [{ ...directive, ...(directive.block ? { block: withIncludes(directive.block, set) } : {}) }];
    const [path = ''] = directive.args;
    if (path === '/etc/nginx/mime.types') return [];
    // The cut puts a second file of upstreams beside the first for a moment.
    if (!path.startsWith('/etc/nginx/')) return withIncludes(set(path.replace('*', '')), set);
    const matching = files.filter(
      (file) => file === path.replace('/etc/', '') || (file.startsWith('nginx/conf.d/') && path === '/etc/nginx/conf.d/*.conf'),
    );
    if (matching.length === 0) throw new Error(`include ${path}: there is no such file`);
    return matching.flatMap((file) => withIncludes(parseNginx(read(file)), set));
  });
}

const withAssets = () =>
  rendered({ services: [{ ...(sample[0] as AppService), assets: [{ folder: '/app/dist/assets' }] }], assets: 'v1.2-20260501T120000Z' });

/** The gate is linked into every set: the image's own one, or one that is closed. */
const whole = (set: (name: string) => Directive[], gate = read('nginx/open/gate.conf')) =>
  withIncludes(parseNginx(read('nginx/nginx.conf')), (name) => (name === 'gate.conf' ? parseNginx(gate) : set(name)));
const closedGate = () => {
  const settings = { since: '2026-05-01T12:00:00.000Z', allow: ['10.0.0.0/8'], message: 'Back at noon.', retryAfter: 60 };
  return String(renderGate(settings, 7).find(({ path }) => path === 'gate.conf')?.content);
};
/** The whole configuration with every set that there can be. */
const configurations: [string, Directive[]][] = [
  ...sets.map((folder): [string, Directive[]] => [
    folder,
    whole((name) => parseNginx(existsSync(join(projectRoot, folder, name)) ? read(`${folder}/${name}`) : '')),
  ]),
  ...(['off', 'self-signed'] as const).map((TLS): [string, Directive[]] => {
    const { files: made } = rendered({ env: { TLS, TRUSTED_PROXIES: '10.0.0.0/8' } });
    return [`a release, TLS ${TLS}`, whole((name) => parseNginx(made[name] ?? ''))];
  }),
  ['a release, closed', whole((name) => parseNginx(rendered().files[name] ?? ''), closedGate())],
  ['a release with assets', whole((name) => parseNginx(withAssets().files[name] ?? ''))],
  ['the staging port', whole((name) => parseNginx(rendered({ mode: 'staging' }).files[name] ?? ''))],
];

/** @returns every directive with its arguments, as text */
const everyLine = (directives: readonly Directive[]): string[] =>
  directives.flatMap(({ name, args, block }) => [[name, ...args].join(' '), ...everyLine(block ?? [])]);

describe.each(files)('%s', (file) => {
  const directives = parseNginx(read(file));

  test('is well formed and has something to say', () => {
    expect(directives.length).toBeGreaterThan(0);
  });

  test('adds no header inside a location, where it would drop all others', () => {
    for (const location of allOf(directives, 'location')) expect(allOf(location.block ?? [], 'add_header')).toEqual([]);
  });

  test('adds headers to errors as well', () => {
    for (const { args } of allOf(directives, 'add_header')) expect(args.at(-1), args.join(' ')).toBe('always');
  });

  test('sets no proxy header inside a location or server, where it would drop all others', () => {
    for (const block of [...allOf(directives, 'location'), ...allOf(directives, 'server')]) {
      expect(allOf(block.block ?? [], 'proxy_set_header')).toEqual([]);
    }
  });

  test('does not use what is dangerous or gone', () => {
    for (const { args } of allOf(directives, 'listen')) expect(args).not.toContain('http2');
    const lines = everyLine(directives);
    // Keeps whatever address the client made up.
    expect(lines.filter((line) => line.includes('$proxy_add_x_forwarded_for'))).toEqual([]);
    expect(lines.filter((line) => /^(rewrite|ssl|proxy_next_upstream .*non_idempotent)\b/.test(line))).toEqual([]);
    // "if" is safe where it does nothing but return, outside of locations.
    for (const { block } of allOf(directives, 'if')) expect(block?.map((one) => one.name)).toEqual(['return']);
    for (const { block } of allOf(directives, 'location')) expect(allOf(block ?? [], 'if')).toEqual([]);
    for (const { args } of allOf(directives, 'ssl_protocols')) expect(args).toEqual(['TLSv1.2', 'TLSv1.3']);
  });
});

describe.each(configurations)('the whole configuration with %s', (name, directives) => {
  const servers = allOf(directives, 'server').filter(({ block }) => block !== undefined);

  test('uses no variable of ours that nothing sets', () => {
    const set = [...allOf(directives, 'map').map(({ args }) => args[1]), ...allOf(directives, 'geo').map(({ args }) => args.at(-1))];
    const used = everyLine(directives).flatMap((line) => line.match(/\$edge_\w+/g) ?? []);
    expect([...new Set(used)].filter((variable) => !set.includes(variable))).toEqual([]);
  });

  test('sets each variable, zone and upstream once', () => {
    const once = [
      ...allOf(directives, 'map').map(({ args }) => args[1]),
      ...allOf(directives, 'geo').map(({ args }) => args.at(-1)),
      ...allOf(directives, 'upstream').map(({ args }) => args[0]),
      ...allOf(directives, 'limit_req_zone').map(({ args }) => args[1]),
    ];
    expect(new Set(once).size).toBe(once.length);
  });

  test('sets nothing twice on the same level', () => {
    const several = new Set(['include', 'map', 'geo', 'upstream', 'server', 'limit_req_zone', 'set_real_ip_from']);
    const http = directives.find((one) => one.name === 'http')?.block ?? [];
    const names = http.map((one) => one.name).filter((one) => !several.has(one));
    expect(names.filter((one, index) => names.indexOf(one) !== index)).toEqual([]);
  });

  test('passes only to upstreams that there are', () => {
    const upstreams = allOf(directives, 'upstream').map(({ args }) => `http://${args[0]}`);
    for (const { args } of allOf(directives, 'proxy_pass')) expect(upstreams).toContain(args[0]);
  });

  test('gives every upstream a zone and follows its addresses by DNS', () => {
    expect(valuesOf(directives.find((one) => one.name === 'http')?.block, 'resolver')).toEqual(['127.0.0.11 valid=1s ipv6=off']);
    for (const { block } of allOf(directives, 'upstream')) {
      expect(valuesOf(block, 'zone')).toHaveLength(1);
      for (const server of valuesOf(block, 'server')) expect(server).toMatch(/ resolve$/);
    }
  });

  test('has HTTP/2 in every server with TLS', () => {
    for (const { block } of servers) {
      const tls = valuesOf(block, 'listen').some((listen) => listen.includes(' ssl'));
      expect(valuesOf(block, 'http2')).toEqual(tls ? ['on'] : []);
    }
  });

  test('has one default server on each port at most, and none that is ambiguous', () => {
    const listens = servers.flatMap(({ block }) => valuesOf(block, 'listen'));
    const defaults = listens.filter((listen) => listen.includes('default_server')).map((listen) => listen.split(' ')[0]);
    expect(new Set(defaults).size).toBe(defaults.length);
    for (const listen of listens) expect([...defaults, String(edgePorts.private)]).toContain(listen.split(' ')[0]);
  });

  test('limits with 429, never in a location that only returns', () => {
    const limits = allOf(directives, 'limit_req');
    if (limits.length > 0) expect(allOf(directives, 'limit_req_status').map(({ args }) => args)).toEqual([['429']]);
    for (const { block } of allOf(directives, 'location')) {
      const names = (block ?? []).map((one) => one.name);
      expect(names.includes('limit_req') && names.includes('return')).toBe(false);
    }
  });

  test('answers every error that it names in the form that API clients read', () => {
    for (const { block } of servers) {
      const named = (block ?? []).filter((one) => one.name === 'location').map(({ args }) => args[0]);
      for (const page of valuesOf(block, 'error_page')) expect(named).toContain(page.split(' ').at(-1));
    }
    const bodies = allOf(directives, 'return').filter(({ args }) => args[1]?.startsWith('{'));
    for (const { args } of bodies) expect(() => JSON.parse((args[1] ?? '').replace('\\n', '')), args[1]).not.toThrow();
  });

  test('goes only to named locations that there are', () => {
    for (const { block } of servers) {
      const named = allOf(block ?? [], 'location').map(({ args }) => args[0]);
      const used = [...allOf(block ?? [], 'try_files'), ...allOf(block ?? [], 'error_page')].map(({ args }) => args.at(-1));
      expect(named).toEqual(expect.arrayContaining(used));
    }
  });

  test('has a page for every error in a location that has pages of its own, which drop those of the server', () => {
    for (const { block } of servers) {
      // Those of the gate leave before any location.
      const codes = (inside: readonly Directive[]) =>
        valuesOf(inside, 'error_page').flatMap((page) => page.split(' ').filter((word) => /^(?!59)\d+$/.test(word)));
      const ofServer = codes(block ?? []);
      for (const location of allOf(block ?? [], 'location')) {
        const own = codes(location.block ?? []);
        if (own.length > 0) expect(own.sort()).toEqual(ofServer.sort());
      }
    }
  });

  test('tells nobody its version', () => {
    expect(allOf(directives, 'server_tokens').map(({ args }) => args)).toEqual([['off']]);
  });

  test('writes temporary files and its pid to the tmpfs or its volume, since the root is read-only', () => {
    const paths = everyLine(directives).filter((line) => /^(\w+_temp_path|pid) /.test(line));
    expect(paths.length).toBeGreaterThanOrEqual(6);
    for (const line of paths) expect(line.split(' ')[1]).toMatch(/^\/(tmp|var\/lib\/edge)\//);
  });

  test('has an end to its drain, unless it never drains', () => {
    const bounded = allOf(directives, 'worker_shutdown_timeout').length;
    expect(bounded).toBe(name === 'infra/dev-edge' ? 0 : 1);
  });

  test('carries the headers of every response in every server that the public reaches', () => {
    const open = servers.filter(
      ({ block }) => valuesOf(block, 'deny').length === 0 && !valuesOf(block, 'return').some((value) => value.startsWith('308')),
    );
    expect(open.length).toBeGreaterThan(0);
    for (const { block } of open) {
      const headers = valuesOf(block, 'add_header').map((value) => value.split(' ')[0]);
      for (const header of ['X-Release', 'X-Colour', 'X-Request-ID', 'X-Content-Type-Options']) expect(headers).toContain(header);
    }
  });
});

describe('the access log', () => {
  const [format] = allOf(parseNginx(read('nginx/conf.d/20-log.conf')), 'log_format');
  const [name, escaping, ...parts] = format?.args ?? [];
  const line = parts.join('');

  test('is JSON, whatever the values are', () => {
    expect([name, escaping]).toEqual(['edge', 'escape=json']);
    const values = (upstream: string) =>
      line.replace(/\$(\w+)/g, (_, variable: string) =>
        /^(status|request_length|bytes_sent|request_time)$/.test(variable) ? '1.5' : upstream,
      );
    for (const upstream of ['', '-', '0.001, 0.002', '10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80']) {
      expect(() => JSON.parse(values(upstream)), upstream).not.toThrow();
    }
  });

  test('has every $upstream_ value in quotes: it can be empty or a list', () => {
    const upstream = [...line.matchAll(/(.)\$upstream_\w+(.)/g)];
    expect(upstream.length).toBeGreaterThanOrEqual(4);
    for (const [, before, after] of upstream) expect([before, after]).toEqual(['"', '"']);
  });

  test('leaves only numbers that are always there without quotes', () => {
    const bare = [...line.matchAll(/:\$(\w+)/g)].map((match) => match[1]);
    expect(bare.sort()).toEqual(['bytes_sent', 'request_length', 'request_time', 'status']);
  });

  test('does not have the query string, where tokens stand', () => {
    for (const variable of ['$request ', '"$request"', '$request_uri', '$args', '$query_string', '$http_authorization', '$http_cookie']) {
      expect(line).not.toContain(variable);
    }
  });

  test('is the format of every access log', () => {
    for (const [, directives] of configurations) {
      for (const { args } of allOf(directives, 'access_log')) expect([['/dev/stdout', 'edge'], ['off']]).toContainEqual(args);
    }
  });
});

describe('what the app is told', () => {
  const proxy = parseNginx(read('nginx/snippets/proxy.conf'));
  const header = (name: string) => proxy.find((one) => one.name === 'proxy_set_header' && one.args[0] === name)?.args[1];

  test.each([
    ['X-Forwarded-For', '$remote_addr'],
    ['X-Real-IP', '$remote_addr'],
    ['X-Forwarded-Proto', '$edge_scheme'],
    ['Connection', '$edge_connection'],
    ['Upgrade', '$http_upgrade'],
    ['X-Request-ID', '$request_id'],
  ])('%s is %s, whatever the client sent', (name, value) => {
    expect(header(name)).toBe(value);
  });

  test('"Connection: upgrade" is sent only when the client asks for an upgrade', () => {
    const map = allOf(parseNginx(read('nginx/conf.d/40-headers.conf')), 'map').find(({ args }) => args[1] === '$edge_connection');
    expect(map?.args[0]).toBe('$http_upgrade');
    expect(map?.block).toEqual([
      { name: 'default', args: ['upgrade'] },
      { name: '', args: [''] },
    ]);
  });

  test('what the edge says itself is hidden from the answer of the app', () => {
    expect(valuesOf(proxy, 'proxy_hide_header')).toEqual(expect.arrayContaining(['X-Release', 'X-Colour', 'X-Request-ID']));
  });
});

describe('the private port', () => {
  const directives = parseNginx(read('nginx/snippets/private.conf'));

  test('is the one that nobody publishes, and is open to private networks alone', () => {
    expect(valuesOf(directives, 'listen')).toEqual([String(edgePorts.private)]);
    expect(valuesOf(directives, 'deny')).toEqual(['all']);
    expect(directives.findIndex(({ name }) => name === 'deny')).toBeGreaterThan(directives.findLastIndex(({ name }) => name === 'allow'));
    expect(valuesOf(directives, 'allow')).toEqual(['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']);
  });
});

describe('the image', () => {
  const dockerfile = read('nginx/Dockerfile');

  test('has every folder that the configuration includes', () => {
    for (const folder of ['conf.d', 'snippets', 'empty', 'open']) {
      expect(dockerfile).toMatch(new RegExp(`^COPY ${folder} /etc/nginx/${folder}$`, 'm'));
      expect(existsSync(join(projectRoot, 'nginx', folder))).toBe(true);
    }
  });

  test('has what the edge’s command reads', () => {
    expect(read('nginx/bin/edge')).toMatch(/^\. \/usr\/local\/lib\/edge\/assets\.sh$/m);
    expect(dockerfile).toMatch(/^COPY --chmod=0644 lib\/assets\.sh \/usr\/local\/lib\/edge\/assets\.sh$/m);
  });

  test('does not run as root, and ends requests in flight before it stops', () => {
    expect(dockerfile.match(/^USER .*$/gm)?.at(-1)).toBe('USER nginx');
    expect(dockerfile).toMatch(/^STOPSIGNAL SIGQUIT$/m);
  });

  test('exposes the two public ports and no other', () => {
    expect(dockerfile.match(/^EXPOSE (.*)$/m)?.[1]).toBe(`${edgePorts.http} ${edgePorts.https}`);
  });

  test('is built on an image with a tag that is not latest', () => {
    expect(dockerfile).toMatch(/^ARG NGINX_IMAGE=nginx:1\.3\d$/m);
  });
});

test.each(sets)('%s has the three files of a set', (folder) => {
  for (const file of ['instance.conf', 'http.conf', 'servers.conf']) expect(existsSync(join(projectRoot, folder, file)), file).toBe(true);
});

describe('the reader of nginx files that these tests use', () => {
  test('reads words, quotes, blocks and comments as nginx does', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: nginx writes variables like this
    const text = "a b 'c d' \"e;{}\" f#g; # comment { ;\nh { i $j; k ${l}m; }\nn '' \\;o;";
    expect(parseNginx(text)).toEqual([
      { name: 'a', args: ['b', 'c d', 'e;{}', 'f#g'] },
      {
        name: 'h',
        args: [],
        block: [
          { name: 'i', args: ['$j'] },
          // biome-ignore lint/suspicious/noTemplateCurlyInString: nginx writes variables like this
          { name: 'k', args: ['${l}m'] },
        ],
      },
      { name: 'n', args: ['', '\\;o'] },
    ]);
  });

  test.each(['a', 'a {', 'a { b; ', 'a; }', "a 'b;", '{ }', ';'])('refuses %j', (text) => {
    expect(() => parseNginx(text)).toThrow();
  });
});
