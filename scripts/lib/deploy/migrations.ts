import type { AppService } from '../config/app-model.js';
import { loadConfig } from '../config/load.js';
import { releaseModel } from '../config/release-model.js';
import { parseVersion } from '../config/version.js';
import { Compose } from '../engine/compose.js';
import { Deck } from '../engine/deck/deck.js';
import { Docker } from '../engine/docker.js';
import { SlipwayError, UsageError } from '../errors.js';
import { removeAbandonedRuns } from './containers.js';
import { idleColour } from './plan.js';
import { assertInOrder } from './recovery/assert-in-order.js';
import { resolveApp } from './resolve.js';
import { runOnce } from './run-once.js';
import { findSource } from './source.js';
import { assertEngine, observe } from './state.js';
import { listPending, recordMigrated } from './steps/migrate.js';

export type MigrateAction = 'up' | 'status' | 'down';

/** What one service's migrations came to. */
export interface MigrateResult {
  service: string;
  version: string;
  /** Names still pending; undefined when the app declares no way to ask. */
  pending: string[] | undefined;
  /** What the command printed; undefined when nothing was run. */
  output: string | undefined;
}

export interface MigrateOptions {
  action: MigrateAction;
  /** Whose migrations; the live release's when left out. */
  version: string | undefined;
  dotenv: string | undefined;
  /** Asked before `down`. */
  confirm: (question: string) => Promise<boolean>;
}

/**
 * Runs or shows the app's migrations by themselves, in one-off containers of a release's image. `up` and `down` hold the
 * stack's lock.
 *
 * @throws UsageError when no release is live and no version was given, or no service declares what is asked for
 */
export async function migrations(options: MigrateOptions): Promise<MigrateResult[]> {
  const config = await loadConfig(options.dotenv);
  const docker = new Docker();
  const compose = new Compose(docker.endpoint);
  await assertEngine(docker);
  const state = await observe(docker, config.names);
  const version = options.version === undefined ? state.live?.version : parseVersion(options.version);
  if (!version) throw new UsageError('no release is live', { hints: ['name a version: npx zx scripts/migrate.mjs up --release v1.2'] });
  if (state.base.length === 0) throw new UsageError('the base is not up', { hints: ['a first deploy starts it and migrates'] });

  const source = await findSource(config, version);
  try {
    const colour = state.live?.colour ?? idleColour(state);
    const identity = {
      stack: config.settings.STACK,
      colour,
      version,
      release: `${version}-migrate`,
      appEnv: config.appEnv,
      cpus: (await docker.machine()).cpus,
    };
    const { app, files } = await resolveApp(compose, config, source, identity);
    const services = app.services.filter(({ migrate }) => migrate);
    assertDeclared(services, options.action);
    await assertImages(docker, services);
    const project = { ...files, files: { model: releaseModel(app, config.names, identity).yaml } };
    const work = (deck?: Deck) => inTurn(services, (service) => one({ compose, project, docker }, service, version, options, deck));
    if (options.action === 'status') return await work();

    const deck = await Deck.open(docker, {
      names: config.names,
      image: config.settings.NODE_IMAGE,
      command: `migrate ${options.action} (${version})`,
    });
    try {
      assertInOrder(deck.journal);
      await removeAbandonedRuns(docker, config.names);
      return await work(deck);
    } finally {
      await deck.close();
    }
  } finally {
    await source.remove();
  }
}

async function one(
  operation: Parameters<typeof runOnce>[0],
  { name, migrate }: AppService,
  version: string,
  { action, confirm }: MigrateOptions,
  deck: Deck | undefined,
): Promise<MigrateResult> {
  const ask = async () => (migrate?.pending ? listPending(operation, name, migrate.pending) : undefined);
  if (action === 'status') return { service: name, version, pending: await ask(), output: undefined };
  if (action === 'down' && !(await confirm(`take back the last migration of ${name}? Data that it made room for is lost.`))) {
    throw new UsageError('nothing was taken back', { hints: ['add --yes if you mean it'] });
  }
  const before = await ask();
  const output = await runOnce(operation, name, (action === 'up' ? migrate?.run : migrate?.down) ?? []);
  const pending = await ask();
  if (deck && before && pending) {
    await recordMigrated({ deck }, name, without(before, pending));
    await recordMigrated({ deck }, name, without(pending, before), true);
  }
  return { service: name, version, pending, output: output.trim() };
}

function without(names: readonly string[], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name));
}

function assertDeclared(services: readonly AppService[], action: MigrateAction): void {
  if (services.length === 0) throw new UsageError('no service declares migrations (x-slipway.migrate)');
  const lacking = action === 'down' ? services.filter(({ migrate }) => !migrate?.down) : [];
  if (lacking.length > 0) {
    throw new UsageError('a way down is not declared', {
      details: lacking.map(({ name }) => `services.${name}.x-slipway.migrate.down: is missing`),
    });
  }
}

async function assertImages(docker: Docker, services: readonly AppService[]): Promise<void> {
  for (const { image } of services) {
    if (!(await docker.image(image)))
      throw new SlipwayError(`the image ${image} is not on the engine`, { hints: ['deploy that version first'] });
  }
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
