import type { Config } from '../config/load.js';
import { parseVersion } from '../config/version.js';
import { Compose } from '../engine/compose.js';
import { Deck } from '../engine/deck/deck.js';
import type { Docker } from '../engine/docker.js';
import { exitCodes, SlipwayError, UsageError } from '../errors.js';
import { execute, type StepTime } from './executor.js';
import type { Operation } from './operation.js';
import type { Step } from './plan.js';
import { type Context, prepareRelease, type Release } from './release.js';
import type { Reporter } from './reporter.js';
import { findSource, type Source } from './source.js';
import { observe, type State } from './state.js';
import { journaled, type OnInterrupt, watched } from './watch.js';

export interface DeployOptions {
  version: string | undefined;
  /** Deploy the live version once more. */
  force: boolean;
  /** Only say what would be done. */
  dryRun: boolean;
  /** Push the images after they were built. */
  push: boolean;
  /** Migrate without a backup before. */
  skipBackup: boolean;
  reporter: Reporter;
  /** Reads the configuration, and makes the engine and the base's images ready when they are not. */
  prepare: () => Promise<{ config: Config; docker: Docker }>;
  /** Calls back on Ctrl-C or a polite end signal; returns how to stop listening. */
  onInterrupt: OnInterrupt;
}

/** What a deploy came to. */
export type DeployResult =
  | { outcome: 'deployed'; version: string; colour: string; release: string; milliseconds: number; steps: StepTime[] }
  | { outcome: 'already-live'; version: string; colour: string }
  | { outcome: 'planned'; version: string; steps: Step[] };

/**
 * Deploys a version: starts it in the idle colour, checks it, cuts traffic over, drains and stops the old one. Whatever
 * fails on the way, the old colour serves as before.
 *
 * @throws UsageError (exit code 2) before anything is changed; LockedError (3) when another operation runs; SlipwayError
 * (1, or 4 when a person has to look) when the deploy failed
 */
export async function deploy(options: DeployOptions): Promise<DeployResult> {
  const version = parseVersion(options.version);
  const { config, docker } = await options.prepare();

  if (options.push && config.settings.REGISTRY === '') {
    throw new UsageError('--push: REGISTRY is not set, so there is nowhere to push to', {
      hints: [`set REGISTRY in ${config.file}, such as ghcr.io/acme`],
    });
  }
  const before = await observe(docker, config.names);
  if (before.live?.version === version && !options.force) {
    if (isWhole(before)) return { outcome: 'already-live', version, colour: before.live.colour };
    options.reporter.note(`${version} is live already, but not all of it runs: it is deployed once more`);
  }

  const context: Context = {
    version,
    before,
    config,
    docker,
    compose: new Compose(docker.endpoint, { detached: true }),
    reporter: options.reporter,
  };
  // While Compose resolves the app's files, the lock is taken; a first deploy, which has nothing yet, waits until they are found good.
  const early = before.live && !options.dryRun ? openDeck(context) : undefined;
  early?.catch(() => {});
  let source: Source | undefined;
  try {
    source = await findSource(config, version);
    const release = await prepareRelease(context, source, options);
    if (options.dryRun) return { outcome: 'planned', version, steps: release.steps };
    return await deployRelease(context, options, release, await (early ?? openDeck(context)));
  } finally {
    await Promise.all([
      source?.remove(),
      early?.then(
        (deck) => deck.close(),
        () => {},
      ),
      options.reporter.end(),
    ]);
  }
}

/** @returns whether the edge and every container of the live colour run */
function isWhole({ base, live, colours }: State): boolean {
  const edge = base.find(({ service }) => service === 'edge');
  return edge?.state === 'running' && live !== undefined && colours[live.colour].every(({ state }) => state === 'running');
}

function openDeck({ docker, config, version, before }: Context): Promise<Deck> {
  const network = before.live ? config.names.networks.app : undefined;
  return Deck.open(docker, {
    names: config.names,
    image: config.settings.NODE_IMAGE,
    command: `deploy ${version}`,
    network,
    leastToken: before.edgeToken,
  });
}

async function deployRelease(
  { docker, config, compose, before }: Context,
  options: DeployOptions,
  release: Release,
  deck: Deck,
): Promise<DeployResult> {
  const began = performance.now();
  const { steps, identity } = release;
  try {
    await assertUnchanged(docker, config, before);
    const stopping = new AbortController();
    const operation: Operation = {
      ...release,
      config,
      docker,
      compose,
      deck,
      before,
      stopping,
      signal: stopping.signal,
      drift: Promise.resolve([]),
      drained: Promise.resolve(),
      unstaged: Promise.resolve(),
      pending: new Map(),
      push: options.push,
      warn: (text) => options.reporter.warn(text),
    };
    const times = await journaled(operation, () =>
      watched(operation, options.onInterrupt, () => execute(operation, steps, options.reporter)),
    );
    const { version, colour, release: name } = identity;
    return { outcome: 'deployed', version, colour, release: name, milliseconds: performance.now() - began, steps: times };
  } finally {
    await deck.close();
  }
}

/** The plan was made before the lock was taken: it holds only if nobody cut in between. */
async function assertUnchanged(docker: Docker, config: Config, before: State): Promise<void> {
  const { live } = await observe(docker, config.names);
  if (live?.token === before.live?.token) return;
  throw new SlipwayError('another operation has changed what is live in the meantime', {
    hints: ['type the command again'],
    exitCode: exitCodes.locked,
  });
}
