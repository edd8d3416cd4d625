import { journaledSession, type SessionAbout } from '../deploy/sessions.js';
import type { Stack } from '../deploy/stack.js';
import { type Attached, runAttached } from '../engine/attached.js';
import { dockerCommand } from '../engine/docker-command.js';
import { exitCodes } from '../errors.js';
import type { Target } from './target.js';

/** How a program is run for a person. */
export interface RunInOptions {
  /** Whether it gets a terminal: where the person has one on both sides. */
  terminal: boolean;
  /** Catches what it prints instead of letting it through. */
  capture: boolean;
  onInterrupt: (stop: () => void) => () => void;
  warn: (text: string) => void;
  /** Told where it runs, once that it begins has been written down. */
  onBegin: (container: string) => void;
}

/** What came of it. */
export interface RanIn extends Attached {
  service: string;
  colour: string | null;
  replica: number;
  container: string;
}

/**
 * `docker exec` lets go of a session at Ctrl-P Ctrl-Q, so it keeps back each Ctrl-P, which shells and psql go back with. These two
 * keys nobody types.
 */
const DETACH_KEYS = 'ctrl-^,ctrl-q';

/** `docker exec` that is ended by SIGINT or SIGTERM exits with 0 (28.2, tried), whatever its program was at. */
function honest(ended: Attached): Attached {
  return ended.interrupted ? { ...ended, exitCode: exitCodes.interrupted } : ended;
}

/**
 * Runs a program in a container, between two records of the journal.
 *
 * It is the `docker` program that does it: raw mode, a window's size, the exit code and every way to an engine (a socket, TLS, ssh)
 * are its daily work, and it is here already, since Compose is part of it. Our own client would have to be taught all that,
 * and an ssh connection that can be taken over for it.
 *
 * @param environment variables beside the container's own; they are arguments, so nothing secret
 */
export async function runIn(
  stack: Stack,
  { container, colour }: Target,
  about: Pick<SessionAbout, 'command' | 'program' | 'database' | 'role'>,
  { command, environment = {} }: { command: readonly [string, ...string[]]; environment?: Readonly<Record<string, string>> },
  { terminal, capture, onInterrupt, warn, onBegin }: RunInOptions,
): Promise<RanIn> {
  const where = { service: container.service, colour: colour ?? null, replica: container.number, container: container.name };
  const variables = Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`);
  const flags = ['--interactive', ...(terminal && !capture ? ['--tty', `--detach-keys=${DETACH_KEYS}`] : []), ...variables];
  const docker = dockerCommand(stack.docker, 'exec', ...flags, container.id, ...command);
  let ended: Attached | undefined;
  const work = async () => {
    onBegin(container.name);
    ended = honest(await runAttached(docker, { env: stack.config.environment, capture, onInterrupt }));
    if (ended.interrupted) warn(`interrupted; ${command[0]} may still run in ${container.name}, since no signal reaches it there`);
    return ended.exitCode;
  };
  await journaledSession(stack, { ...about, ...where }, work, warn);
  return { ...where, ...(ended as unknown as Attached) };
}
