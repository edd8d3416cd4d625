import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, start } from '../helpers/process.js';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await createStack();
});
afterAll(() => stack?.destroy());

/** Exit code 2, these lines on stderr, no stack trace, an error document on stdout, and nothing on the engine. */
async function refusedWith(ended: Ended, ...patterns: RegExp[]): Promise<void> {
  expect(ended.exitCode, `${ended.stdout}\n${ended.stderr}`).toBe(2);
  const lines = ended.stderr.split('\n');
  for (const pattern of patterns)
    expect(
      lines.filter((line) => pattern.test(line)),
      `${pattern} in:\n${ended.stderr}`,
    ).toHaveLength(1);
  expect(ended.stderr).not.toMatch(/^\s+at |bug in Slipway/m);
  expect(ended.json).toMatchObject({ error: { exitCode: 2 } });
  expect(await stack.leftovers(), 'what the engine has of the stack').toEqual([]);
}

describe('a version that cannot be one', () => {
  test.each([
    ['shell code', 'v1.2; rm -rf /', /^✗ version: .*got "v1\.2; rm -rf \/"$/],
    ['a path', '../x', /^✗ version: .*got "\.\.\/x"$/],
    ['200 characters', 'v'.repeat(200), /^✗ version: should be at most 128 characters long, got 200$/],
    ['nothing', '', /^✗ version: none was given$/],
    ['an accent', 'vé', /^✗ version: .*got "vé"$/],
    ['a line break', 'v1\nv2', /^✗ version: .*got "v1\\nv2"$/],
  ])('%s is refused in one line', async (_, version, line) => {
    await refusedWith(await stack.deploy(version), line);
  });

  test('none at all is refused in one line', async () => {
    await refusedWith(await stack.start('deploy', []).ended, /^✗ version: none was given$/);
  });

  test('a second one is refused in one line', async () => {
    await refusedWith(await stack.start('deploy', ['t1', 't2']).ended, /^✗ "t2": is one word too many$/);
  });
});

describe('flags', () => {
  test('a version that looks like a flag is taken for an unknown one', async () => {
    await refusedWith(await stack.start('deploy', ['-rf']).ended, /^✗ -r: there is no such flag/);
  });

  test('an unknown flag is refused, and a near one is named', async () => {
    await refusedWith(await stack.deploy('t1', { args: ['--frce'] }), /^✗ --frce: there is no such flag; did you mean --force\?$/);
  });

  test('a flag without its value is refused', async () => {
    await refusedWith(await start([process.execPath, 'scripts/deploy.mjs', 't1', '--json', '--dotenv']).ended, /^✗ .*--dotenv/);
  });
});

describe('the configuration', () => {
  test('a .env file that is not there is named', async () => {
    const ended = await start([process.execPath, 'scripts/deploy.mjs', 't1', '--json', '--dotenv', join(stack.folder, 'none.env')]).ended;
    await refusedWith(ended, /^✗ .*none\.env: there is no such file$/);
  });

  test('every problem has a line with its key, and no secret is shown', async () => {
    const file = stack.file(
      'bad.env',
      [
        ...[
          'STACK=Bad_Name',
          'HTTP_PORT=http',
          'TLS=maybe',
          'DRAIN_TIMEOUT=soon',
          'RATE_API=fast',
          'DB_PASSWORD=tooshort1',
          'SECRET_KEY=',
          'this is no line',
        ],
        ...['REDIS_PASSWORD=long-enough-a-password', 'APP_COMPOSE=nowhere.yml'],
      ].join('\n'),
    );
    const ended = await start([process.execPath, 'scripts/deploy.mjs', 't1', '--json', '--dotenv', file]).ended;
    await refusedWith(
      ended,
      /STACK: should be lower-case .*got "Bad_Name" \(.*bad\.env:1\)$/,
      /HTTP_PORT: should be a port .*got "http" \(.*bad\.env:2\)$/,
      /TLS: should be off, .*got "maybe" \(.*bad\.env:3\)$/,
      /DRAIN_TIMEOUT: should be a duration .*got "soon" \(.*bad\.env:4\)$/,
      /RATE_API: should be a rate .*got "fast" \(.*bad\.env:5\)$/,
      /DB_PASSWORD: should be at least 12 characters long, got 9 characters \(.*bad\.env:6\)$/,
      /SECRET_KEY: should be at least 50 characters long, got 0 characters \(.*bad\.env:7\)$/,
      /POSTGRES_PASSWORD: is missing$/,
      /bad\.env:8: should be KEY=value$/,
    );
    expect(`${ended.stdout}${ended.stderr}`).not.toContain('tooshort1');
  });

  test('a Compose file that is not there is named together with a port given twice', async () => {
    const { HTTP_PORT = '' } = stack.values;
    const ended = await stack.deploy('t1', { env: { APP_COMPOSE: 'nowhere.yml', HTTPS_PORT: HTTP_PORT } });
    await refusedWith(
      ended,
      /APP_COMPOSE: there is no file nowhere\.yml \(process environment\)$/,
      /HTTPS_PORT: should differ from HTTP_PORT/,
    );
  });

  test('a port in use is refused before anything is made', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(stack.port, '127.0.0.1', resolve));
    try {
      await refusedWith(await stack.deploy('t1'), new RegExp(`HTTP_PORT: port ${stack.port} on 127.0.0.1 is in use by another program$`));
    } finally {
      server.close();
    }
  });
});

describe('the Compose file', () => {
  const web = (block: string) =>
    `services:\n  web:\n    image: x:1\n    networks: [app]\n    x-slipway: ${block}\nnetworks:\n  app: { name: "\${STACK}-app", external: true }\n`;

  test.each([
    ['whose web service has no port', web('{ role: web, route: { path: / } }'), [/services\.web\.x-slipway\.port: should be the port/]],
    [
      'with a misspelt key and a wrong role',
      web('{ role: wbe, prot: 80 }'),
      [/services\.web\.x-slipway\.role: should be web, worker or singleton/, /services\.web\.x-slipway: there is no key prot/],
    ],
    ['without any web service', web('{ role: worker }'), [/services: at least one should have .* role: web/]],
    [
      'with published ports',
      `${web('{ role: web, port: 80, route: { path: / } }')}`.replace('    image', '    ports: ["80:80"]\n    image'),
      [/services\.web\.ports: should not be published/],
    ],
    ['that is no YAML', 'services:\n  web: [\n', [/^✗ Compose refuses .*broken\.yml$/]],
    ['that Compose refuses', 'services:\n  web: { imgae: x }\n', [/^✗ Compose refuses .*broken\.yml$/, /imgae/]],
  ])('%s is refused with what is wrong', async (_, text, patterns) => {
    const file = stack.file('broken.yml', text);
    await refusedWith(await stack.deploy('t1', { env: { APP_COMPOSE: file } }), ...patterns);
  });
});

describe('the engine', () => {
  test('none that answers is named with its address', async () => {
    const ended = await stack.deploy('t1', { env: { DOCKER_HOST: 'unix:///nonexistent.sock' } });
    await refusedWith(ended, /^✗ Slipway needs Docker Engine 25 or newer, and none answers at unix:\/\/\/nonexistent\.sock$/);
  });

  test('an address that is none is refused', async () => {
    await refusedWith(await stack.deploy('t1', { env: { DOCKER_HOST: 'nonsense' } }), /^✗ .*nonsense/);
  });

  test('one that is too old is refused with its version', async () => {
    const path = join(stack.folder, 'old.sock');
    const server = await oldEngine(path);
    try {
      const ended = await stack.deploy('t1', { env: { DOCKER_HOST: `unix://${path}` } });
      await refusedWith(ended, /^✗ Slipway needs Docker Engine 25 or newer, and this one is 20\.10\.24$/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

/** Speaks as much of the engine's API as an engine of 2021 is asked for; it has every image. */
async function oldEngine(path: string): Promise<Server> {
  const answers: [RegExp, unknown][] = [
    [/\/version$/, { Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12' }],
    [/\/info$/, { ServerVersion: '20.10.24', NCPU: 2, MemTotal: 4e9 }],
    [/\/images\//, { Id: 'sha256:0', Config: { Labels: {} } }],
    [/\/containers\/json/, []],
  ];
  const server = createServer((request, response) => {
    const answer = answers.find(([pattern]) => pattern.test(request.url ?? ''))?.[1];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json', 'api-version': '1.41' });
    response.end(JSON.stringify(answer ?? { message: 'not found' }));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}
