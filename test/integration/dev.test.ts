import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caughtMails, sendMail, storeAndGet } from '../helpers/dev-services.js';
import { createDevStack, type DevStack, millisecondsUntil } from '../helpers/dev-stack.js';
import { fetchFrom } from '../helpers/http.js';
import { engine } from '../helpers/leftovers.js';
import { start } from '../helpers/process.js';
import { freePort } from '../helpers/stack.js';
import { talkOverWebSocket } from '../helpers/streams.js';

/** Within which a change has to be there, and by which the second start may outlast an empty script (milliseconds). */
const LIMIT_MS = 2_000;
/** It is the stack's own time that counts, not what else the machine does just now. */
const TRIES = 5;
/** Where a mark is put in. */
const ROUTE = "app.get('/api/whoami', (c) => c.json({ ";

describe('the development stack, beside a production stack of the same name', () => {
  let dev: DevStack;
  /** The production containers as they were before. */
  let production: string[];

  beforeAll(async () => {
    dev = await createDevStack();
    await dev.stack.deployed('v1');
    production = await standing();
    await dev.done(['up']);
  });
  afterAll(() => dev?.stack.destroy());

  async function standing(): Promise<string[]> {
    const described = await Promise.all((await dev.stack.containers()).map(({ Id }) => engine.getContainer(Id).inspect()));
    return described.map(({ Name, Id, State }) => `${Name} ${Id} ${State.Status} ${State.StartedAt}`).sort();
  }

  const notes = async () => JSON.parse((await dev.fetch('/api/notes')).body) as { text: string }[];
  const sql = (query: string) => dev.inside('psql', '-XAtc', query);

  /** Changes something again and again. @returns the shortest time until it was seen */
  async function fastest(change: (mark: string) => void, isSeen: (mark: string) => Promise<boolean>): Promise<number> {
    const times: number[] = [];
    for (let go = 1; go <= TRIES && Math.min(...times, Infinity) > LIMIT_MS; go++) {
      change(`change-${go}`);
      times.push(await millisecondsUntil(() => isSeen(`change-${go}`)));
    }
    return Math.min(...times);
  }

  it('serves the page and the API, with its migrations done and every port on 127.0.0.1', async () => {
    expect((await dev.fetch('/')).status).toBe(200);
    expect((await dev.fetch('/api/notes')).status).toBe(200);
    const published = (await dev.containers()).flatMap(({ Ports }) => Ports.flatMap(({ IP, PublicPort }) => (PublicPort ? [IP] : [])));
    expect(published).toHaveLength(8);
    expect(new Set(published)).toEqual(new Set(['127.0.0.1']));
    expect((await dev.stack.live()).release).toBe('v1');
  });

  it('serves a changed page within 2 s', async () => {
    const change = (mark: string) => dev.change('frontend/web/index.html', '</body>', `<!-- ${mark} --></body>`);
    expect(await fastest(change, async (mark) => (await dev.fetch('/')).body.includes(mark))).toBeLessThan(LIMIT_MS);
  });

  it('runs changed code of the backend within 2 s, also while a page holds a connection', async () => {
    const page = talkOverWebSocket(dev.port('DEV_PORT'));
    await page.opened;
    const change = (mark: string) => dev.change('backend/src/app.js', ROUTE, `${ROUTE}'${mark}': true, `);
    expect(await fastest(change, async (mark) => (await dev.fetch('/api/whoami')).body.includes(mark))).toBeLessThan(LIMIT_MS);
    page.close();
  });

  it('runs changed code of the worker within 2 s', async () => {
    const worker = await dev.container('worker');
    const log = async () => (await worker.logs({ stdout: true, stderr: true })).toString();
    const change = (mark: string) => dev.change('backend/src/worker.js', "log.info('working", `log.info('working ${mark}`);
    expect(await fastest(change, async (mark) => (await log()).includes(`working ${mark}`))).toBeLessThan(LIMIT_MS);
  });

  it('has a debugger on the backend and one on the worker, whose ports move', async () => {
    const programs = await Promise.all(
      (['DEV_DEBUG_PORT', 'DEV_WORKER_DEBUG_PORT'] as const).map((name) => fetchFrom({ port: dev.port(name), path: '/json/list' })),
    );
    const urls = programs.map(({ body }) => (JSON.parse(body) as { url: string }[])[0]?.url);
    expect(urls).toEqual(['file:///app/src/server.js', 'file:///app/src/worker.js']);
  });

  it('has an S3 service with a bucket', async () => {
    expect(await storeAndGet(dev, 'an object')).toBe('an object');
  });

  it('shows a mail that the app sends', async () => {
    await sendMail(dev, 'Welcome aboard');
    expect(await caughtMails(dev)).toContain('Welcome aboard');
  });

  it('seeds as often as one likes', async () => {
    await dev.done(['seed']);
    const before = await notes();
    expect(before.length).toBeGreaterThan(2);
    await dev.done(['seed']);
    expect(await notes()).toEqual(before);
    expect(await sql('SELECT count(*) FROM notes')).toBe(String(before.length));
    expect(await dev.inside('redis', 'ping')).toBe('PONG');
  });

  it('keeps its passwords off every command line', async () => {
    const asked = sql('SELECT pg_sleep(3)');
    const processes: string[] = [];
    await millisecondsUntil(async () => {
      for (const service of ['postgres', 'redis']) processes.push(JSON.stringify((await (await dev.container(service)).top()).Processes));
      return processes.some((line) => line.includes('pg_sleep'));
    });
    await asked;
    expect(processes.some((line) => line.includes('redis-server'))).toBe(true);
    expect(processes.filter((line) => line.includes('dev-password'))).toEqual([]);
  });

  it('does nothing the second time, and takes less than 2 s more than an empty script', async () => {
    // The sources have changed since.
    expect((await dev.done(['up'])).json).toMatchObject({ started: true });
    const before = await dev.ids();
    const empty = join(dev.stack.folder, 'empty.mjs');
    writeFileSync(empty, '');
    const more: number[] = [];
    for (let go = 1; go <= TRIES && Math.min(...more, Infinity) > LIMIT_MS; go++) {
      const nothing = await start(['node_modules/.bin/zx', empty]).ended;
      const again = await start(['node_modules/.bin/zx', 'scripts/dev.mjs', 'up', '--dotenv', dev.stack.dotenv, '--json']).ended;
      expect(again.json).toMatchObject({ started: false, addresses: { app: `http://127.0.0.1:${dev.port('DEV_PORT')}/` } });
      more.push(again.milliseconds - nothing.milliseconds);
    }
    expect(await dev.ids()).toEqual(before);
    expect(Math.min(...more)).toBeLessThan(LIMIT_MS);
  });

  it('takes a further file of the app over its own, and starts what stopped meanwhile', async () => {
    const mine = dev.stack.file('mine.yml', `services:\n  worker:\n    environment: { MINE: "\${DB_NAME}" }\n`);
    dev.stack.set({ DEV_COMPOSE: `${dev.compose},${mine}` });
    await (await dev.container('scheduler')).stop();
    expect((await dev.done(['up'])).json).toMatchObject({ started: true });
    const { Config } = await (await dev.container('worker')).inspect();
    expect(Config.Env).toContain('MINE=app');
    expect((await (await dev.container('scheduler')).inspect()).State.Running).toBe(true);
  });

  it('names a taken port with the variable that moves it, before anything is touched', async () => {
    const before = await dev.ids();
    const other = createServer().listen(await freePort(), '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const env = { DEV_MAIL_PORT: String(port), DEV_S3_PORT: dev.stack.values.HTTP_PORT };
    const refused = await dev.run(['up'], { env });
    other.close();
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(`DEV_MAIL_PORT: port ${port} on 127.0.0.1 is in use by another program`);
    expect(refused.stderr).toContain(
      `DEV_S3_PORT: port ${env.DEV_S3_PORT} on 127.0.0.1 is in use by the container ${dev.stack.name}-edge-1`,
    );
    expect(await dev.ids()).toEqual(before);
  });

  it('never resets what is not its own, or without being told to', async () => {
    const before = await dev.ids();
    const refused = await dev.run(['reset']);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('add --yes if you mean it')]);
    const foreign = dev.stack.file('foreign.yml', `volumes:\n  postgres: { name: ${dev.stack.name}_postgres }\n`);
    for (const words of [
      ['reset', '--yes'],
      ['down', '--volumes'],
    ]) {
      const other = await dev.run(words, { env: { DEV_COMPOSE: `${dev.compose},${foreign}` } });
      expect(other.exitCode).toBe(2);
      expect(other.stderr).toContain(`the volume ${dev.stack.name}_postgres belongs to the project ${dev.stack.name}`);
    }
    expect(await dev.ids()).toEqual(before);
  });

  it('begins anew with its seed after a reset', async () => {
    await sql("INSERT INTO notes (text) VALUES ('gone after the reset')");
    await dev.done(['reset', '--yes']);
    const texts = (await notes()).map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(2);
    expect(texts).not.toContain('gone after the reset');
  });

  it('keeps its data when it goes down, unless that is asked for; the production stack notices nothing', async () => {
    const volumes = async () => (await dev.stack.leftovers()).filter((line) => line.startsWith(`volume ${dev.project}_`));
    await dev.done(['down']);
    expect(await dev.containers()).toEqual([]);
    expect(await volumes()).toHaveLength(4);
    await dev.done(['down', '--volumes']);
    expect(await volumes()).toEqual([]);
    const refused = await dev.run(['seed']);
    expect(refused.stderr).toContain('the development stack is not up');
    expect(await standing()).toEqual(production);
  });
});
