import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { freePort } from '../../scripts/lib/demo/free-port.js';
import { fetchFrom } from '../helpers/http.js';
import { engine } from '../helpers/leftovers.js';
import { createStack, type Stack } from '../helpers/stack.js';

describe('the development stack', () => {
  let stack: Stack;
  const ports: Record<string, string> = {};

  beforeAll(async () => {
    stack = await createStack();
    const names = ['DEV_PORT', 'DEV_BACKEND_PORT', 'DEV_POSTGRES_PORT', 'DEV_REDIS_PORT'];
    for (const [index, name] of names.entries()) ports[name] = String(await freePort(21_000 + index * 100 + (process.pid % 100)));
    const up = await stack.start('dev', ['up'], { env: ports }).ended;
    expect(up.exitCode, up.stderr).toBe(0);
  });

  afterAll(async () => {
    const down = await stack.start('dev', ['down'], { env: ports, args: ['--volumes'] }).ended;
    for (const image of ['backend', 'frontend']) await engine.getImage(`${stack.name}-dev/${image}:dev`).remove({ force: true });
    expect(down.exitCode, down.stderr).toBe(0);
    expect(await containers()).toEqual([]);
    await stack.destroy();
  });

  const containers = () => engine.listContainers({ all: true, filters: { label: [`com.docker.compose.project=${stack.name}-dev`] } });
  const page = () => fetchFrom({ port: Number(ports.DEV_PORT), path: '/' });

  /** Changes a source file for as long as the work takes. */
  async function withChange(file: string, change: (text: string) => string, work: () => Promise<void>): Promise<void> {
    const path = join(projectRoot, 'infra/sample', file);
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, change(before));
    try {
      await work();
    } finally {
      writeFileSync(path, before);
    }
  }

  it('serves the page and the API on 127.0.0.1, with its migrations done', async () => {
    expect((await page()).status).toBe(200);
    expect((await fetchFrom({ port: Number(ports.DEV_PORT), path: '/api/notes' })).status).toBe(200);
    const published = (await containers()).flatMap(({ Ports }) => Ports.flatMap(({ IP, PublicPort }) => (PublicPort ? [IP] : [])));
    expect(new Set(published)).toEqual(new Set(['127.0.0.1']));
  });

  it('serves a changed page', async () => {
    await withChange(
      'frontend/web/index.html',
      (text) => text.replace('</body>', '<!-- changed --></body>'),
      async () => {
        await expect.poll(async () => (await page()).body, { timeout: 5_000, interval: 50 }).toContain('<!-- changed -->');
      },
    );
  });

  it('restarts the backend when its source changes', async () => {
    const backend = (await containers()).find(({ Labels }) => Labels['com.docker.compose.service'] === 'backend');
    const log = async () => (await engine.getContainer(backend?.Id ?? '').logs({ stdout: true, stderr: true })).toString();
    await withChange(
      'backend/src/app.js',
      (text) => `${text}\n`,
      async () => {
        await expect.poll(log, { timeout: 10_000, interval: 100 }).toContain("Restarting 'src/server.js'");
      },
    );
    await expect
      .poll(async () => (await fetchFrom({ port: Number(ports.DEV_PORT), path: '/api/notes' })).status, { timeout: 10_000 })
      .toBe(200);
  });

  it('changes nothing when it is started a second time', async () => {
    const before = (await containers()).map(({ Id }) => Id).sort();
    const up = await stack.start('dev', ['up'], { env: ports }).ended;
    expect(up.exitCode, up.stderr).toBe(0);
    expect((await containers()).map(({ Id }) => Id).sort()).toEqual(before);
  });
});
