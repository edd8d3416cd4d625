import type { AppModel, AppService } from '../config/app-model.js';
import { type Config, variable } from '../config/load.js';
import { mountedFrom } from '../config/mounted-files.js';
import type { Colour } from '../config/names.js';
import { type ReleaseIdentity, releaseModel } from '../config/release-model.js';
import type { Compose, ComposeProject } from '../engine/compose.js';
import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';
import { bakeOf } from './bake/bake-of.js';
import type { Operation } from './operation.js';
import { idleColour, planDeploy, type Step } from './plan.js';
import { preflight } from './preflight.js';
import type { Reporter } from './reporter.js';
import { resolveApp } from './resolve.js';
import type { Source } from './source.js';
import type { State } from './state.js';

/** What one deploy knows before it has anything to do. */
export interface Context {
  version: string;
  before: State;
  config: Config;
  docker: Docker;
  compose: Compose;
  reporter: Reporter;
}

/** A release that can be deployed, or gone back to: everything about it is known and checked. */
export interface Release {
  command: Operation['command'];
  source: Source;
  app: AppModel;
  identity: ReleaseIdentity;
  project: ComposeProject;
  recorded: string;
  resolved: (colour: Colour) => Promise<string>;
  liveProject: ComposeProject | undefined;
  liveServices: readonly AppService[];
  volumes: string[];
  files: Record<string, string>;
  steps: Step[];
}

/** What a person may ask of a deploy that its plan depends on. */
export interface ReleaseOptions {
  /** Migrate without a backup before. */
  skipBackup: boolean;
  /** Shares of the clients (percent, rising) that the release is tried on before all come to it. */
  canary: readonly number[];
  /** How long (milliseconds) it is watched once clients come to it; undefined: as BAKE_TIME says. */
  bakeFor: number | undefined;
}

/**
 * Resolves and checks everything about a release; nothing is changed yet.
 *
 * @throws UsageError with every problem of the app's files, or the ports that are taken
 */
export async function prepareRelease(
  { version, before, config, docker, compose, reporter }: Context,
  source: Source,
  { skipBackup, canary, bakeFor }: ReleaseOptions,
): Promise<Release> {
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
  const { app, files, yaml } = await resolveApp(compose, config, source, identity);
  assertBearers(config, app);
  if (source.folder) assertNothingMounted(app, source.folder);
  await preflight(config, docker, before);
  if (source.kind === 'working-tree' && app.services.some(({ builds }) => builds)) {
    const revision = source.revision
      ? ` (${source.revision.slice(0, 12)}${source.revision.endsWith('-dirty') ? ', with changes' : ''})`
      : '';
    reporter.note(`there is no git tag ${version}: what has to be built is built from the working tree${revision}`);
  }
  const migrates = app.services.some(({ migrate }) => migrate !== undefined);
  if (skipBackup && before.live && migrates)
    reporter.warn('--skip-backup: should a migration go wrong, there is no backup from just before it');
  if (canary.length > 0 && !before.live) reporter.warn('--canary: no release is live to share the clients with');
  const { settings } = config;
  return {
    ...assembled(config, app, files, identity),
    command: 'deploy',
    source,
    resolved: async (colour) =>
      colour === identity.colour ? yaml : (await resolveApp(compose, config, source, { ...identity, colour })).yaml,
    liveProject: undefined,
    liveServices: [],
    steps: planDeploy(before, {
      how: 'deploy',
      version,
      services: app.services,
      retire: settings.RETIRE,
      backup: !skipBackup,
      canary,
      bake: bakeOf(settings, bakeFor),
    }),
  };
}

/** @returns what of a release follows from the app's model and the release's identity */
export function assembled(
  config: Config,
  app: AppModel,
  files: ComposeProject,
  identity: ReleaseIdentity,
): Pick<Release, 'app' | 'identity' | 'project' | 'recorded' | 'volumes' | 'files'> {
  const model = releaseModel(app, config.names, identity);
  const project = { ...files, files: { model: model.yaml } };
  return { app, identity, project, recorded: model.recorded, volumes: model.volumes, files: model.files };
}

/** The worktree of a tag is gone after the deploy: a container that mounts a file of it would not start again. */
function assertNothingMounted({ compose }: AppModel, folder: string): void {
  const mounted = mountedFrom(compose, folder);
  if (mounted.length === 0) return;
  throw new UsageError('a git tag cannot be deployed with mounted files', {
    details: mounted.map((where) => `${where} is a file of the repository; put it into the image instead`),
  });
}

/** A check without its token would be answered 401, which many checks accept: it has to be there. */
function assertBearers(config: Config, { services }: AppModel): void {
  const problems = services.flatMap(({ name, checks }) =>
    checks.flatMap(({ bearer }) =>
      bearer === undefined || variable(config, bearer)
        ? []
        : [`services.${name}.x-slipway.checks: the variable ${bearer} (bearer) is not set`],
    ),
  );
  if (problems.length === 0) return;
  throw new UsageError('a check has no token', {
    details: problems,
    hints: ['set it in the file that APP_ENV_FILE names, or in the environment'],
  });
}

function stamp(time: Date): string {
  return time.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
}
