import type { IDockerComposeResult } from 'docker-compose';
import { messageOf, SlipwayError } from '../errors.js';
import { attach } from './attach.js';
import type { Endpoint } from './endpoint.js';
import { CommandError, type RunOptions, run } from './run.js';

/** Which Compose files, and with what values. */
export interface ComposeProject {
  /** The project's name (`-p`); a file's own `name:` holds when it is left out. */
  name?: string;
  /** Paths of Compose files in merge order, or one whole model as YAML. */
  files: readonly string[] | { model: string };
  /** One more file, as YAML, merged over the paths. */
  overlay?: string;
  /** The folder that relative paths of the files count from. */
  folder: string;
  /** Values to interpolate; they also are the command's whole environment. */
  env: NodeJS.ProcessEnv;
}

/** A `docker compose` command failed. */
export class ComposeError extends SlipwayError {
  constructor(command: string, output: string, cause: unknown) {
    super(`docker compose ${command} failed`, { details: lastLines(output), cause });
  }
}

/**
 * The one client of Docker Compose.
 *
 * The npm package docker-compose waits a fixed 500 ms after every command has ended (1.5.0, measured), which a deploy's
 * four commands would turn into two seconds, and it cannot be stopped. So {@link Compose.call} runs what a deploy does
 * through zx; {@link Compose.long} runs through the package what takes seconds and has nothing to undo.
 */
export class Compose {
  readonly #endpoint: Endpoint;
  readonly #detached: boolean;
  readonly #guard: () => Promise<void>;

  /**
   * @param options `detached`: whether Ctrl-C is to leave its programs alone, see {@link RunOptions.detached}; `guard`: asked before
   * each command but `config`; what throws then keeps it from happening
   */
  constructor(endpoint: Endpoint, { detached = false, guard = async () => {} }: { detached?: boolean; guard?: () => Promise<void> } = {}) {
    this.#endpoint = endpoint;
    this.#detached = detached;
    this.#guard = guard;
  }

  /**
   * Runs a short command.
   *
   * @param project the files and values
   * @param command the command and its arguments
   * @returns its standard output
   * @throws ComposeError with the last lines it printed
   */
  async call(project: ComposeProject, command: readonly string[], options: Pick<RunOptions, 'signal' | 'onLine'> = {}): Promise<string> {
    const input = 'model' in project.files ? project.files.model : project.overlay;
    const argv: [string, ...string[]] = [
      'docker',
      'compose',
      ...this.#options(project),
      ...(input === undefined ? [] : ['-f', '-']),
      ...command,
    ];
    if (command[0] !== 'config') await this.#guard();
    try {
      const result = await run(argv, {
        ...options,
        detached: this.#detached,
        cwd: project.folder,
        env: this.#env(project),
        ...(input === undefined ? {} : { input }),
      });
      return result.stdout;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new ComposeError(command[0] ?? '', `${error.result.stdout}\n${error.result.stderr}`, error);
    }
  }

  /** Like {@link Compose.call}, for commands that take seconds: each line is handed to `onLine` as it comes. */
  async long(project: ComposeProject, command: readonly [string, ...string[]], onLine: (line: string) => void): Promise<string> {
    const [name, ...rest] = command;
    // Most commands never come here. It is CommonJS, of which a bundle knows no other name than the default one.
    const {
      default: { execCompose },
    } = await import('docker-compose');
    try {
      const result = await execCompose(name, rest, {
        cwd: project.folder,
        env: this.#env(project),
        composeOptions: this.#options(project),
        ...('model' in project.files ? { configAsString: project.files.model } : {}),
        callback: (chunk) => {
          for (const line of chunk.toString().split('\n')) if (line.trim()) onLine(line.trim());
        },
      });
      return result.out;
    } catch (error) {
      // The package rejects with its result object, not with an Error.
      const result = error as Partial<IDockerComposeResult>;
      throw new ComposeError(name, `${result.out ?? ''}\n${result.err ?? messageOf(error)}`, error);
    }
  }

  /** Runs a command on this process's own terminal. @returns its exit code */
  async attached(project: ComposeProject & { files: readonly string[] }, command: readonly string[]): Promise<number> {
    const options = this.#options(project).map((option) => (option === '--ansi=never' ? '--ansi=auto' : option));
    return attach(['docker', 'compose', ...options, ...command], { cwd: project.folder, env: this.#env(project) });
  }

  #options(project: ComposeProject): string[] {
    return [
      // Compose must not read .env with its own parser, see config/dotenv-file.ts.
      '--env-file=/dev/null',
      `--project-directory=${project.folder}`,
      '--ansi=never',
      '--progress=plain',
      ...(project.name === undefined ? [] : [`--project-name=${project.name}`]),
      ...('model' in project.files ? [] : project.files.flatMap((file) => ['-f', file])),
    ];
  }

  #env(project: ComposeProject): NodeJS.ProcessEnv {
    const { host, certificates } = this.#endpoint;
    return {
      ...project.env,
      DOCKER_HOST: host,
      DOCKER_CONTEXT: undefined,
      ...(certificates === undefined ? {} : { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates }),
    };
  }
}

function lastLines(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.trim())
    .slice(-12);
}
