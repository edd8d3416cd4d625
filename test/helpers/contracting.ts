import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { makeSet, sql } from './backups.js';
import { createStack, type Stack } from './stack.js';

/** The backend of the sample app and its worker, with ready images and quick checks. */
const APP = `x-backend: &backend
  image: "\${STACK}/backend:\${VERSION}"
  init: true
  networks: [app, data]
  environment:
    DB_HOST: postgres
    DB_PASSWORD_FILE: /run/secrets/DB_PASSWORD
    REDIS_HOST: redis
    REDIS_PASSWORD_FILE: /run/secrets/REDIS_PASSWORD
    SECRET_KEY_FILE: /run/secrets/SECRET_KEY
  volumes: ["secrets:/run/secrets:ro"]
services:
  backend:
    <<: *backend
    healthcheck: { test: [CMD, node, src/healthcheck.js], interval: 30s, timeout: 5s, start_period: 60s, start_interval: 200ms }
    x-slipway:
      role: web
      port: 8000
      route: { path: / }
      checks: [{ path: /api/notes, every: 200ms, within: 5s }]
      migrate: { run: [node, migrate.mjs, up], pending: [node, migrate.mjs, pending], down: [node, migrate.mjs, down] }
  worker: { <<: *backend, command: [node, src/worker.js], x-slipway: { role: worker } }
networks:
  app: { name: "\${STACK}-app", external: true }
  data: { name: "\${STACK}-data", external: true }
volumes:
  secrets: { name: "\${STACK}-secrets-app", external: true }
`;

/** The same code with one migration more, which says of itself that older releases cannot live with it. */
const CONTRACTING = String.raw`FROM BASE
USER 0:0
RUN printf -- '-- Up Migration\nALTER TABLE notes ADD COLUMN tag text;\n-- Down Migration\nALTER TABLE notes DROP COLUMN tag;\n' > migrations/004_tags.contract.sql
USER 1000:1000
`;

/** A stack whose live release has brought a contracting migration, and sets from before it. */
export interface Contracting {
  stack: Stack;
  /** The set that t1 can live with: it has one note. */
  good: string;
  /** One without the table that t1's checks ask for. */
  bad: string;
}

/** @returns a stack that was deployed as t1, backed up, and then deployed as t2; each time a note was written */
export async function createContracting(): Promise<Contracting> {
  const stack = await createStack();
  try {
    stack.set({ APP_COMPOSE: stack.file('app.yml', APP) });
    buildImages(stack);
    await stack.deployed('t1');
    sql(stack, 'ALTER TABLE notes RENAME TO notes_away');
    const bad = (await makeSet(stack, '--only', 'postgres')).set;
    sql(stack, 'ALTER TABLE notes_away RENAME TO notes');
    await writeNote(stack, 'of the set');
    const good = (await makeSet(stack, '--only', 'postgres')).set;
    await stack.deployed('t2', { args: ['--skip-backup'] });
    await writeNote(stack, 'since');
    return { stack, good, bad };
  } catch (error) {
    await stack.destroy();
    throw error;
  }
}

function buildImages(stack: Stack): void {
  const image = `${stack.name}/backend`;
  const build = (words: string[], input?: string) =>
    execFileSync('docker', ['build', '--quiet', ...words], { input, stdio: ['pipe', 'pipe', 'inherit'] });
  const ca = `--secret=id=ca_bundle,src=${process.env.NODE_EXTRA_CA_CERTS ?? '/dev/null'}`;
  build([ca, `--build-arg=NODE_IMAGE=${stack.values.NODE_IMAGE}`, '-t', `${image}:t1`, join(projectRoot, 'infra/sample/backend')]);
  build(['-t', `${image}:t2`, '-'], CONTRACTING.replace('BASE', `${image}:t1`));
}

async function writeNote(stack: Stack, text: string): Promise<void> {
  const { status } = await stack.fetch('/api/notes', {
    method: 'POST',
    body: JSON.stringify({ text }),
    headers: { 'content-type': 'application/json' },
  });
  expect(status).toBe(201);
}

/** @returns what is live, with which notes, and what of the app runs */
export async function stateOf(stack: Stack) {
  const { release, colour } = await stack.live();
  return { release, colour, notes: notesOf(stack), blue: await stack.running('blue'), green: await stack.running('green') };
}

export function notesOf(stack: Stack, database = 'app'): string[] {
  return sql(stack, 'SELECT text FROM notes ORDER BY id', database).split('\n');
}

const ALL = ['backend', 'worker'];
/** The states that there may be when all is in order: each release with its own data. */
export const inOrder = {
  t1: { release: 't1', colour: 'blue', notes: ['of the set'], blue: ALL, green: [] },
  t2: { release: 't2', colour: 'green', notes: ['of the set', 'since'], blue: [], green: ALL },
} as const;
