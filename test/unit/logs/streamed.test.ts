import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import { goodSecrets } from '../fixtures.js';

/** Two containers, each with so many lines of some 200 bytes: gathered, they would take twice the heap that the command may have. */
const LINES = 100_000;
const HEAP_MB = 48;
const BATCH = 200;

let folder: string;
let server: Server;
let written = 0;

/** Speaks as much of the engine's API as reading logs asks for; it makes lines as fast as they are taken. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'logs-'));
  writeFileSync(
    join(folder, '.env'),
    Object.entries({ STACK: 'shop', ...goodSecrets })
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  server = createServer((request, response) => {
    const id = /\/containers\/(\w+)\/logs/.exec(request.url ?? '')?.[1];
    if (id !== undefined) return sendLog(id, response);
    const isList = request.url?.includes('/containers/json');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isList ? ['a', 'b'].map(container) : { Version: '26.1.5', SystemTime: new Date().toISOString() }));
  });
  server.listen(join(folder, 'engine.sock'));
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

function container(id: string, index: number): unknown {
  const labels = { 'com.docker.compose.service': 'backend', 'com.docker.compose.container-number': String(index + 1) };
  return { Id: id, Names: [`/${id}`], Labels: { ...labels, 'com.docker.compose.project': 'shop-blue' }, State: 'running', Status: 'Up' };
}

function sendLog(id: string, response: ServerResponse): void {
  response.setHeader('content-type', 'application/vnd.docker.multiplexed-stream');
  // Whoever has read enough goes away.
  pipeline(Readable.from(batchesOf(id)), response, () => {});
}

function* batchesOf(id: string): Generator<Buffer> {
  for (let at = 0; at < LINES; at += BATCH) {
    const text = (nth: number) => JSON.stringify({ level: 'info', id, nth, text: 'x'.repeat(140) });
    written += BATCH;
    yield Buffer.concat(Array.from({ length: BATCH }, (_, nth) => frame(`${timeOf(at + nth, id)} ${text(at + nth)}\n`)));
  }
}

/** The two take turns. */
function timeOf(nth: number, id: string): string {
  const nanoseconds = nth * 2 + (id === 'b' ? 1 : 0);
  return `2026-11-25T15:31:09.${String(nanoseconds).padStart(9, '0')}Z`;
}

function frame(text: string): Buffer {
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** Starts the command, with its output in a pipe or in a file. */
function logs(args: readonly string[], out: 'pipe' | number = 'pipe') {
  const command = [`--max-old-space-size=${HEAP_MB}`, 'scripts/logs.mjs', '--dotenv', join(folder, '.env'), ...args];
  const env = { PATH: process.env.PATH, DOCKER_HOST: `unix://${join(folder, 'engine.sock')}` };
  const running = spawn(process.execPath, command, { cwd: projectRoot, env, stdio: ['ignore', out, 'pipe'] });
  let said = '';
  running.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const ended = once(running, 'close').then(([exitCode]) => [exitCode as number, said] as const);
  return { stdout: running.stdout as Readable, ended };
}

describe('logs that are larger than the memory', () => {
  test('stream through, in the order of time, none lost', async () => {
    const { stdout, ended } = logs(['--timestamps']);
    let [count, last, disorder] = [0, '', 0];
    for await (const line of createInterface({ input: stdout })) {
      const at = line.slice('blue-backend-1   | '.length).slice(0, 30);
      if (at < last) disorder++;
      last = at;
      count++;
    }
    expect([count, disorder, ...(await ended)]).toEqual([2 * LINES, 0, 0, '']);
  });

  test('are filtered on their way, and end quietly when nobody reads any more', async () => {
    written = 0;
    const { stdout, ended } = logs(['--json', '--level', 'info']);
    const [first] = (await once(createInterface({ input: stdout }), 'line')) as [string];
    stdout.destroy();
    expect(await ended).toEqual([0, '']);
    expect(JSON.parse(first)).toMatchObject({ service: 'backend', colour: 'blue', replica: 1, level: 'info', time: timeOf(0, 'a') });
    expect(written).toBeLessThan(LINES);
  });

  test('that cannot be written end with an error', async () => {
    const full = openSync('/dev/full', 'w');
    const [exitCode, said] = await logs([], full).ended;
    closeSync(full);
    expect([exitCode, said]).toEqual([1, expect.stringMatching(/^✗ the output cannot be written: ENOSPC/)]);
  });
});
