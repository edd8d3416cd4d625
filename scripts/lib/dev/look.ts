import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Config } from '../config/load.js';
import { edgeImage } from '../edge/image.js';
import { Compose, ComposeError } from '../engine/compose.js';
import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';
import { type DevContainer, devContainers } from './containers.js';
import type { DevModel } from './model.js';
import { type DevProject, devProject } from './project.js';
import { stampsOf } from './sources.js';

/** The development stack as it is to be, and as it is. */
export interface Dev {
  project: DevProject;
  /** A hash of what Compose made of the files and the values in them, and what that says. */
  yaml: string;
  model: DevModel;
  /** A hash of the files that images are built from. */
  sources: string;
  /** A hash that changes whenever an image does, one that others are built on included. */
  images: string;
  containers: DevContainer[];
}

/**
 * @param known a model that was read before, which holds when the files still say the same
 * @throws UsageError when a Compose file is missing or Compose refuses it
 * @throws SlipwayError when the image that the edge is built on is not on the engine
 */
export async function lookAtDev(config: Config, docker: Docker, known?: Pick<Dev, 'yaml' | 'model'>): Promise<Dev> {
  const [edge, containers] = await Promise.all([edgeImage(config, docker), devContainers(docker, config)]);
  const project = devProject(config, edge);
  const text = await resolved(config, docker, project);
  const yaml = hashOf([text]);
  const model = known?.yaml === yaml ? known.model : await read(text, config);
  return { project, yaml, model, sources: sourcesOf(model), images: await imagesOf(config, docker, model), containers };
}

/** @returns the model for what needs no image: what the files say of services and volumes */
export async function readDevFiles(config: Config, docker: Docker): Promise<DevModel> {
  return read(await resolved(config, docker, devProject(config)), config);
}

async function read(text: string, { names }: Config): Promise<DevModel> {
  return (await import('./read-model.js')).readDevModel(text, names.dev);
}

async function resolved(config: Config, docker: Docker, project: DevProject): Promise<string> {
  try {
    return await new Compose(docker.endpoint).call(project, ['config']);
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error;
    throw new UsageError(`Compose refuses ${config.settings.DEV_COMPOSE.join(', ')}`, { details: error.details, cause: error });
  }
}

function sourcesOf({ services }: DevModel): string {
  const folders = [...new Set(services.flatMap(({ sources }) => sources))].filter((folder) => existsSync(folder));
  return hashOf(folders.flatMap(stampsOf));
}

async function imagesOf({ settings }: Config, docker: Docker, { services }: DevModel): Promise<string> {
  const { NODE_IMAGE, NGINX_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE } = settings;
  const names = [...new Set([...services.map(({ image }) => image), NODE_IMAGE, NGINX_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE])];
  return hashOf(await Promise.all(names.map(async (name) => (await docker.image(name))?.Id ?? 'none')));
}

function hashOf(lines: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex');
}
