import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Dockerode from 'dockerode';
import { messageOf, SlipwayError } from '../errors.js';
import { type ArchiveFile, tarOf } from './archive.js';
import { type Endpoint, resolveEndpoint } from './endpoint.js';
import { collect, demultiplexed } from './streams.js';

/** The engine refused or failed a call. */
export class EngineError extends SlipwayError {
  /** The HTTP status of the engine's answer; undefined when there was none. */
  readonly status: number | undefined;

  constructor(what: string, cause: unknown) {
    super(`${what}: ${messageOf(cause)}`, { cause });
    this.status = (cause as { statusCode?: number }).statusCode;
  }
}

/** What a command inside a container printed, and how it ended. */
export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The one client of the Docker Engine's API. */
export class Docker {
  readonly api: Dockerode;
  readonly endpoint: Endpoint;
  #guard: () => Promise<void> = async () => {};
  #machine: Promise<{ memory: number; cpus: number }> | undefined;

  constructor(endpoint: Endpoint = resolveEndpoint()) {
    this.endpoint = endpoint;
    this.api = new Dockerode(connection(endpoint));
  }

  /** @returns the same client, which asks before each {@link Docker.change}; what throws then keeps it from happening */
  guarded(guard: () => Promise<void>): Docker {
    const copy = new Docker(this.endpoint);
    copy.#guard = guard;
    return copy;
  }

  /** @returns the engine's version, or undefined when no engine answers */
  async probe(): Promise<{ version: string } | undefined> {
    try {
      return { version: (await this.api.version()).Version };
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === undefined) return undefined;
      throw new EngineError('the Docker Engine does not tell its version', error);
    }
  }

  /** @returns the memory (bytes) and the number of CPUs of the engine's machine */
  machine(): Promise<{ memory: number; cpus: number }> {
    // A machine stays as it is; asking is one of the engine's slower calls.
    this.#machine ??= this.#info().then(({ MemTotal, NCPU }) => ({ memory: MemTotal, cpus: NCPU }));
    return this.#machine;
  }

  /** @returns the time of the engine's machine (milliseconds since 1970) */
  async time(): Promise<number> {
    return Date.parse((await this.#info()).SystemTime);
  }

  #info(): Promise<{ MemTotal: number; NCPU: number; SystemTime: string }> {
    return this.call('asking the engine about its machine', () => this.api.info());
  }

  /** @returns all containers, running or not, that carry every one of the labels */
  async containers(labels: readonly string[]): Promise<Dockerode.ContainerInfo[]> {
    return this.call('listing containers', () => this.api.listContainers({ all: true, filters: { label: [...labels] } }));
  }

  /** @returns a container's whole description, or undefined when there is none of that id or name */
  async inspect(container: string): Promise<Dockerode.ContainerInspectInfo | undefined> {
    return this.orUndefined(`inspecting ${container}`, () => this.api.getContainer(container).inspect());
  }

  /** @returns an image's description, or undefined when it is not on the engine */
  async image(reference: string): Promise<Dockerode.ImageInspectInfo | undefined> {
    return this.orUndefined(`inspecting the image ${reference}`, () => this.api.getImage(reference).inspect());
  }

  /** @returns the last log lines of a container, both streams, oldest first */
  async logTail(container: string, lines = 15): Promise<string[]> {
    const raw = await this.orUndefined(`reading the log of ${container}`, () =>
      this.api.getContainer(container).logs({ stdout: true, stderr: true, tail: lines, follow: false }),
    );
    return raw === undefined
      ? []
      : demultiplexed(raw)
          .split('\n')
          .filter((line) => line.trim());
  }

  /**
   * Runs a command in a container.
   *
   * @param stdin what the command reads; nothing when left out
   * @param onLine called with each line of its standard output as it comes
   */
  async exec(container: string, command: string[], stdin?: Buffer, onLine?: (line: string) => void): Promise<ExecResult> {
    return this.execStream(container, command, stdin === undefined ? undefined : Readable.from([stdin]), onLine);
  }

  /** Like {@link Docker.exec}; the command's standard input stays open until the stream ends. */
  async execStream(container: string, command: string[], stdin?: Readable, onLine?: (line: string) => void): Promise<ExecResult> {
    return this.call(`running ${command[0]} in ${container}`, async () => {
      const exec = await this.api.getContainer(container).exec({
        Cmd: command,
        AttachStdout: true,
        AttachStderr: true,
        AttachStdin: stdin !== undefined,
      });
      const stream = await exec.start({ hijack: true, stdin: stdin !== undefined });
      const output = collect(this.api, stream, onLine);
      // The command may end before it has read all; how it ended is what counts.
      stdin?.pipe(stream);
      const { stdout, stderr } = await output;
      const { ExitCode } = await exec.inspect();
      return { exitCode: ExitCode ?? 1, stdout, stderr };
    });
  }

  /** Puts files into a container's file system, running or not. */
  async putFiles(container: string, folder: string, files: readonly ArchiveFile[]): Promise<void> {
    const archive = await tarOf(files);
    await this.call(`copying files into ${container}`, () => this.api.getContainer(container).putArchive(archive, { path: folder }));
  }

  /** @returns a file or folder of a container, running or not, as a tar archive; undefined when it is not there */
  async archive(container: string, path: string): Promise<Buffer | undefined> {
    return this.orUndefined(`copying ${path} out of ${container}`, async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of await this.api.getContainer(container).getArchive({ path })) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    });
  }

  /** Like {@link Docker.archive}, for what may be large: the stream ends with an error when it is cut off. */
  async archiveStream(container: string, path: string): Promise<Readable | undefined> {
    return this.orUndefined(
      `copying ${path} out of ${container}`,
      async () => (await this.api.getContainer(container).getArchive({ path })) as unknown as Readable,
    );
  }

  /**
   * Makes the engine's own message part of a typed error.
   *
   * @param what what is being done, as the beginning of a sentence
   * @throws EngineError
   */
  async call<T>(what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof SlipwayError) throw error;
      throw new EngineError(what, error);
    }
  }

  /** Like {@link Docker.call}, for what starts, stops or removes something. */
  async change<T>(what: string, action: () => Promise<T>): Promise<T> {
    await this.#guard();
    return this.call(what, action);
  }

  private async orUndefined<T>(what: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.call(what, action);
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return undefined;
      throw error;
    }
  }
}

function connection(endpoint: Endpoint): Dockerode.DockerOptions {
  if (endpoint.host.startsWith('unix://')) return { socketPath: endpoint.host.slice('unix://'.length) };
  const url = new URL(endpoint.host);
  const address = { host: url.hostname, port: Number(url.port) };
  if (!endpoint.certificates) return { ...address, protocol: 'http' };
  const pem = (name: string) => readFileSync(join(endpoint.certificates as string, name));
  return { ...address, protocol: 'https', ca: pem('ca.pem'), cert: pem('cert.pem'), key: pem('key.pem') };
}
