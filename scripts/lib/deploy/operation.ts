import type { AppModel, AppService } from '../config/app-model.js';
import type { Config } from '../config/load.js';
import type { Colour } from '../config/names.js';
import type { ReleaseIdentity } from '../config/release-model.js';
import { Edge } from '../edge/edge.js';
import type { EdgeTarget } from '../edge/target.js';
import type { Compose, ComposeProject } from '../engine/compose.js';
import type { Deck } from '../engine/deck/deck.js';
import type { Docker } from '../engine/docker.js';
import { SlipwayError } from '../errors.js';
import type { Source } from './source.js';
import type { State } from './state.js';

/** Everything that the steps of one running deploy, or rollback, share. */
export interface Operation {
  /** As the journal calls it. */
  command: 'deploy' | 'rollback' | 'resume';
  config: Config;
  docker: Docker;
  compose: Compose;
  deck: Deck;
  /** The token under which the edge serves this release once it has cut: the operation's own, or that of one that was cut off. */
  servedToken: number;
  /** The backup set whose data come with the release; undefined: the data stay as they are. */
  data: RestoredData | undefined;
  /** What was true when it began. */
  before: State;
  app: AppModel;
  source: Source;
  identity: ReleaseIdentity;
  /** The new colour as Compose is to run it. */
  project: ComposeProject;
  /** The same model as it is kept. */
  recorded: string;
  /** @returns the app's files as Compose resolved them, for a colour */
  resolved: (colour: Colour) => Promise<string>;
  /** How Compose is called for the live release when the operation begins; undefined when nothing is known of it. */
  liveProject: ComposeProject | undefined;
  /** Its services, likewise. */
  liveServices: readonly AppService[];
  /** Volumes of the stack that the app needs. */
  volumes: readonly string[];
  /** Volumes whose files are backed up, by the names that the app's file has. */
  files: Readonly<Record<string, string>>;
  /** Aborted when the operation is to stop: a step failed, Ctrl-C, or a container of the new colour died. */
  stopping: AbortController;
  signal: AbortSignal;
  /** What the files say that the running base should be; the base's step asks, the last step tells. */
  drift: Promise<readonly string[]>;
  /** Resolves when the old workers of the edge are gone; set by the cut, and by going back. */
  drained: Promise<void>;
  /** Resolves when the staging port is empty again; set once the new colour is verified. */
  unstaged: Promise<void>;
  /** Names of pending migrations by service, once they were asked for. */
  pending: Map<string, readonly string[]>;
  /** The release, once the edge keeps its assets; undefined: it keeps none of it. */
  assets: string | undefined;
  push: boolean;
  warn: (text: string) => void;
}

/** Data that take the live ones' place in the course of an operation. */
export interface RestoredData {
  set: string;
  /** What the restore calls all that it makes. */
  stamp: string;
}

/** What a step tells while it runs, and how it is undone. */
export interface StepReport {
  progress: (text: string) => void;
  /**
   * Registers how to take back what the step is about to do. When the deploy fails, what concerns `traffic` is undone
   * first, so that clients are served well again at once; then the rest; each in reverse order.
   */
  undo: (title: string, action: () => Promise<void>, concerns?: 'traffic') => void;
  /** From here on nothing is taken back any more, whatever fails: what is done stands. */
  commit: () => void;
}

/** @returns a client of the stack's edge */
export async function edgeOf({ docker, config }: Pick<Operation, 'docker' | 'config'>): Promise<Edge> {
  const edge = await Edge.find(docker, config.names);
  if (!edge)
    throw new SlipwayError('the edge is not there', {
      hints: [`look for it with: docker ps -a --filter label=dev.slipway.stack=${config.names.base}`],
    });
  return edge;
}

/** @returns what the edge is to serve for this release */
export function edgeTarget({ identity, app, deck, assets }: Operation): EdgeTarget {
  return { colour: identity.colour, version: identity.version, token: deck.token, services: app.services, assets };
}
