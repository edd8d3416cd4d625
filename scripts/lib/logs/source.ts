import { type Colour, colours, type Names } from '../config/names.js';
import type { ContainerState, Containers } from '../deploy/state.js';
import type { LoggedLine } from '../engine/log-frames.js';

/** A container whose log is read. */
export interface LogSource {
  /** The container's id. */
  id: string;
  service: string;
  /** Undefined for the base's. */
  colour: Colour | undefined;
  /** Which replica of its service it is, from 1. */
  number: number;
  /** The container's name without the stack's, as Compose shows one without its project's: `blue-backend-1`. */
  label: string;
}

/** A line, and where it is from. */
export interface LogLine extends LoggedLine {
  source: LogSource;
}

/** @returns all containers of a stack, running or not; the base's first */
export function sourcesOf({ base, colours: all }: Containers): LogSource[] {
  const of = (containers: readonly ContainerState[], colour: Colour | undefined) =>
    containers.map(({ id, service, number }) => sourceOf(id, service, number, colour)).sort((a, b) => (a.label < b.label ? -1 : 1));
  return [...of(base, undefined), ...colours.flatMap((colour) => of(all[colour], colour))];
}

/**
 * @param labels a container's, as Compose sets them
 * @returns undefined for what is no service's container: one-off ones, and those of other projects
 */
export function sourceByLabels(id: string, labels: Readonly<Record<string, string>>, names: Names): LogSource | undefined {
  const project = labels['com.docker.compose.project'];
  const colour = colours.find((one) => names.project(one) === project);
  const service = labels['com.docker.compose.service'];
  if (service === undefined || labels['com.docker.compose.oneoff'] === 'True') return undefined;
  if (colour === undefined && project !== names.base) return undefined;
  return sourceOf(id, service, Number(labels['com.docker.compose.container-number']), colour);
}

function sourceOf(id: string, service: string, number: number, colour: Colour | undefined): LogSource {
  return { id, service, colour, number, label: `${colour === undefined ? '' : `${colour}-`}${service}-${number}` };
}
