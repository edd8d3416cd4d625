import { colours, namesOf } from '../../config/names.js';
import type { EngineImage } from '../../engine/disk.js';
import { keptName } from '../releases/kept-release.js';
import type { ReleaseRecord } from '../releases/releases.js';

/** Tells which names of images are a stack's own: it gave them, or a release of it was deployed by them. */
export class OwnNames {
  readonly #kept: string;
  readonly #projects: ReadonlySet<string>;
  readonly #references: ReadonlySet<string>;
  readonly #repositories: ReadonlySet<string>;

  constructor(stack: string, releases: readonly ReleaseRecord[]) {
    const references = releases.flatMap(({ images }) => images.map(({ reference }) => familiar(reference)));
    this.#kept = keptName(stack, '');
    this.#projects = new Set(colours.map(namesOf(stack).project));
    this.#references = new Set(references);
    this.#repositories = new Set(references.map(repositoryOf));
  }

  /** @returns whether it is a name by which the stack keeps an image */
  isKept(name: string): boolean {
    return name.startsWith(this.#kept);
  }

  /**
   * An image that is made from one of ours has its labels, so these alone prove nothing: it also has to be called like what
   * releases of the stack ran on, by the version that its label tells.
   *
   * @returns whether a deploy of the stack has built the image
   */
  isBuilt(image: EngineImage): boolean {
    return image.names.some((name) => this.#isOfBuild(name, image));
  }

  /** @returns whether a name of that image is the stack's own */
  has(name: string, image: EngineImage): boolean {
    if (this.isKept(name) || this.#references.has(name) || this.#isOfBuild(name, image)) return true;
    return name.includes('@') && this.#repositories.has(repositoryOf(name));
  }

  #isOfBuild(name: string, { labels }: EngineImage): boolean {
    if (labels['dev.slipway.source'] === undefined || !this.#projects.has(labels['com.docker.compose.project'] ?? '')) return false;
    return this.#repositories.has(repositoryOf(name)) && name.endsWith(`:${labels['org.opencontainers.image.version']}`);
  }
}

/** @returns a reference of a Compose file as the engine tells it: Docker Hub is not named, and a tag always is */
export function familiar(reference: string): string {
  const short = reference.replace(/^docker\.io\/(library\/)?/, '');
  const tagged = short.includes('@') || /:[^/]+$/.test(short);
  return tagged ? short : `${short}:latest`;
}

function repositoryOf(name: string): string {
  return name.replace(/@.*$/, '').replace(/:[^/:]+$/, '');
}
