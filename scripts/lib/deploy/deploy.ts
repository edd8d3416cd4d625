import { type AppModel, type ReleaseIdentity, releaseModel } from '../config/app-model.js';
import { type Config, loadConfig } from '../config/load.js';
import { parseVersion } from '../config/version.js';
import { Compose, type ComposeProject } from '../engine/compose.js';
import { Deck } from '../engine/deck/deck.js';
import { Docker } from '../engine/docker.js';
import { exitCodes, messageOf, SlipwayError } from '../errors.js';
import { containerError, watchDeaths } from './containers.js';
import { execute, type StepTime } from './executor.js';
import type { Operation } from './operation.js';
import { idleColour, planDeploy, type Step } from './plan.js';
import { preflight } from './preflight.js';
import type { Reporter } from './reporter.js';
import { resolveApp } from './resolve.js';
import { findSource, type Source } from './source.js';
import { observe, type State } from './state.js';

export interface DeployOptions {
  version: string | undefined;
  dotenv: string | undefined;
  /** Deploy the live version once more. */
  force: boolean;
  /** Only say what would be done. */
  dryRun: boolean;
  /** Push the images after they were built. */
  push: boolean;
  reporter: Reporter;
  /** Makes the engine and the base's images ready when they are not. */
  prepare: (config: Config, docker: Docker) => Promise<void>;
  /** Calls back on Ctrl-C or a polite end signal; returns how to stop listening. */
  onInterrupt: (stop: () => void) => () => void;
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
  const config = loadConfig(options.dotenv);
  const docker = new Docker();
  await options.prepare(config, docker);

  const before = await observe(docker, config.names);
  if (before.live?.version === version && !options.force) return { outcome: 'already-live', version, colour: before.live.colour };

  const context: Context = { version, before, config, docker, compose: new Compose(docker.endpoint), options };
  // While Compose resolves the app's files, the lock is taken; a first deploy, which has nothing yet, waits until they are found good.
  const early = before.live && !options.dryRun ? openDeck(context) : undefined;
  early?.catch(() => {});
  let source: Source | undefined;
  try {
    source = await findSource(config, version);
    const release = await prepareRelease(context, source);
    if (options.dryRun) return { outcome: 'planned', version, steps: release.steps };
    return await deployRelease(context, release, await (early ?? openDeck(context)));
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

/** What one deploy knows before it has anything to do. */
interface Context {
  version: string;
  before: State;
  config: Config;
  docker: Docker;
  compose: Compose;
  options: DeployOptions;
}

/** A release that can be deployed: everything about it is known and checked. */
interface Release {
  source: Source;
  app: AppModel;
  identity: ReleaseIdentity;
  project: ComposeProject;
  volumes: string[];
  steps: Step[];
}

function openDeck({ docker, config, version, before }: Context): Promise<Deck> {
  const network = before.live ? config.names.networks.app : undefined;
  return Deck.open(docker, { names: config.names, image: config.settings.NODE_IMAGE, command: `deploy ${version}`, network });
}

async function prepareRelease({ version, before, config, docker, compose, options }: Context, source: Source): Promise<Release> {
  const release = `${version}-${stamp(new Date())}`;
  const { cpus } = await docker.machine();
  const identity: ReleaseIdentity = {
    stack: config.settings.STACK,
    colour: idleColour(before),
    version,
    release,
    appEnv: config.appEnv,
    cpus,
  };
  const { app, files } = await resolveApp(compose, config, source, identity);
  await preflight(config, docker, before);
  if (source.kind === 'working-tree' && app.services.some(({ builds }) => builds)) {
    const revision = source.revision
      ? ` (${source.revision.slice(0, 12)}${source.revision.endsWith('-dirty') ? ', with changes' : ''})`
      : '';
    options.reporter.note(`there is no git tag ${version}: what has to be built is built from the working tree${revision}`);
  }
  const model = releaseModel(app, config.names, identity);
  return {
    source,
    app,
    identity,
    project: { ...files, files: { model: model.yaml } },
    volumes: model.volumes,
    steps: planDeploy(before, { version, services: app.services, retire: config.settings.RETIRE }),
  };
}

async function deployRelease({ docker, config, compose, before, options }: Context, release: Release, deck: Deck): Promise<DeployResult> {
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
      push: options.push,
      warn: (text) => options.reporter.warn(text),
    };
    const times = await journaled(operation, () => watched(operation, options, () => execute(operation, steps, options.reporter)));
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

/** Writes the operation's beginning and end to the journal. */
async function journaled<T>({ deck, identity }: Operation, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const common = { token: deck.token, command: 'deploy', version: identity.version, colour: identity.colour, release: identity.release };
  await deck.append({ at: new Date().toISOString(), kind: 'began', ...common });
  const end = (outcome: string, reason?: string) =>
    deck.append({ at: new Date().toISOString(), kind: 'ended', ...common, outcome, reason, ms: Math.round(performance.now() - began) });
  try {
    const result = await work();
    await end('done');
    return result;
  } catch (error) {
    // The deck may be what was lost; the first error is the one to tell.
    const interrupted = error instanceof SlipwayError && error.exitCode === exitCodes.interrupted;
    await end(interrupted ? 'interrupted' : 'failed', messageOf(error)).catch(() => {});
    throw error;
  }
}

/** Stops the work on Ctrl-C, or as soon as a container of the new colour dies. */
async function watched<T>(operation: Operation, options: DeployOptions, work: () => Promise<T>): Promise<T> {
  const { docker, config, identity, before, stopping } = operation;
  // Containers that an older release left in this colour are replaced: their end is no news.
  const older = new Set(before.colours[identity.colour].map(({ id }) => id));
  const stopWatching = await watchDeaths(docker, config.names.project(identity.colour), (container, exitCode) => {
    if (older.has(container.id) || stopping.signal.aborted) return;
    void containerError(docker, container, `it ended with exit code ${exitCode}`).then((error) => stopping.abort(error));
  });
  const stopListening = options.onInterrupt(() => stopping.abort(new InterruptedError()));
  try {
    return await work();
  } finally {
    stopListening();
    stopWatching();
  }
}

/** The person pressed Ctrl-C, or the process was asked to end. */
export class InterruptedError extends SlipwayError {
  constructor() {
    super('interrupted', { exitCode: exitCodes.interrupted });
  }
}

function stamp(time: Date): string {
  return time.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
}
