import { readFileSync } from 'node:fs';
import type { Config } from '../config/load.js';
import type { Docker } from '../engine/docker.js';
import { cannotListen } from '../engine/listen.js';
import { UsageError } from '../errors.js';
import type { Dev } from './look.js';
import type { DevPort } from './model.js';

/** A port of this machine that a container publishes, and the container's name and Compose project. */
export interface Publisher {
  name: string;
  project: string;
  host: string;
  port: number;
}

/** A port that cannot be had, why, and the variables that move it; none when it is written down in the Compose file. */
export interface TakenPort extends DevPort {
  why: string;
  variables: string[];
}

/** How far behind a taken port a free one is looked for. */
const NEARBY = 50;

/**
 * Makes sure that every port that the development stack publishes can be had, before anything is started.
 *
 * @throws UsageError with a line for each that cannot: which variable moves it, and who has it
 */
export async function refuseTakenPorts(config: Config, docker: Docker, { model, project }: Dev): Promise<void> {
  const publishers = await publishersOf(docker);
  const wanted = model.services.flatMap(({ ports }) => ports);
  const text = project.files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const taken: TakenPort[] = [];
  for (const one of wanted) {
    const known = whoHas(one, wanted, publishers, config.names.dev);
    const why = known === undefined ? await cannotListen(one.host, one.port) : known;
    if (why) taken.push({ ...one, why, variables: variablesFor(text, project.env, one.port) });
  }
  if (taken.length > 0) throw await refusal(taken, config.file);
}

/**
 * @param publishers what the engine's containers publish
 * @param own the development stack's project, whose containers may keep what they have
 * @returns why a port cannot be had, as the end of a sentence; '' when it can; undefined when only trying tells; pure
 */
export function whoHas(one: DevPort, wanted: readonly DevPort[], publishers: readonly Publisher[], own: string): string | undefined {
  const other = publishers.find((publisher) => publisher.project !== own && meet(publisher, one));
  if (other) return `is in use by the container ${other.name}`;
  const rival = wanted.slice(0, wanted.indexOf(one)).find((port) => meet(port, one));
  if (rival) return `is wanted by ${rival.service} and by ${one.service}`;
  return publishers.some((publisher) => publisher.project === own && meet(publisher, one)) ? '' : undefined;
}

/** An address of "all" takes the port from every other one. */
function meet(a: { host: string; port: number }, b: { host: string; port: number }): boolean {
  const isAll = (host: string) => host === '0.0.0.0' || host === '::';
  return a.port === b.port && (a.host === b.host || isAll(a.host) || isAll(b.host));
}

/**
 * @param text Compose files
 * @param values what is put in place of variables
 * @returns the variables that stand for that port in the text: `${NAME}`, `${NAME:-3000}`; pure
 */
export function variablesFor(text: string, values: Readonly<Record<string, string | undefined>>, port: number): string[] {
  const uses = [...text.matchAll(/\$\{?([A-Za-z_]\w*)(?::?-([^}]*))?/g)];
  return [...new Set(uses.filter(([, name = '', other]) => (values[name] || other) === String(port)).map(([, name = '']) => name))];
}

async function refusal(taken: readonly TakenPort[], file: string): Promise<UsageError> {
  const moves: string[] = [];
  const used = new Set(taken.map(({ port }) => port));
  for (const { port, variables } of taken) if (variables[0]) moves.push(`${variables[0]}=${await freeAfter(port, used)}`);
  const lines = taken.map(({ service, host, port, why, variables }) => {
    const what = variables.length > 0 ? variables.join(', ') : `services.${service}.ports`;
    return `${what}: port ${port} on ${host} ${why}`;
  });
  return new UsageError(taken.length === 1 ? 'a port cannot be had' : `${taken.length} ports cannot be had`, {
    details: lines,
    hints: [
      moves.length > 0 ? `type: ${moves.join(' ')} npm run dev:up   (or set that in ${file})` : 'change it in the Compose file',
      'see who has a port with: ss -ltnp',
    ],
  });
}

/** What it finds is not free for the next one. */
async function freeAfter(port: number, used: Set<number>): Promise<number> {
  let candidate = port + 1;
  while (candidate < port + NEARBY && (used.has(candidate) || (await cannotListen('127.0.0.1', candidate)))) candidate++;
  used.add(candidate);
  return candidate;
}

async function publishersOf(docker: Docker): Promise<Publisher[]> {
  const running = await docker.call('listing containers', () => docker.api.listContainers());
  return running.flatMap(({ Names, Labels, Ports }) =>
    Ports.flatMap(({ PublicPort: port, IP: host }) =>
      port === undefined ? [] : [{ name: Names[0]?.slice(1) ?? '', project: Labels['com.docker.compose.project'] ?? '', host, port }],
    ),
  );
}
