import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import type { Docker } from '../engine/docker.js';
import { tryRun } from '../engine/run.js';
import { installedPackages, readAptSources } from './apt.js';
import { type AptSource, debianArchive } from './apt-sources.js';
import { isAtLeast, leastCompose, leastEngine } from './versions.js';

/** What of Docker is there. */
export interface DockerFacts {
  /** The engine's version; undefined when none answers. */
  engine: string | undefined;
  compose: string | undefined;
  buildx: boolean;
  /** The engine's address, when it is not this machine's own: nothing can be installed or started there. */
  elsewhere: string | undefined;
}

/** What decides how Docker could be installed or started on this machine. */
export interface HostFacts {
  platform: NodeJS.Platform;
  root: boolean;
  /** As /etc/os-release gives them: `debian`, and `Debian GNU/Linux 12 (bookworm)`. */
  os: { id: string; name: string };
  /** The machine's own source of Debian's archive. */
  archive: AptSource | undefined;
  /** Every suite that its apt reads. */
  suites: readonly string[];
  /** Versions of Docker's packages that are installed. */
  packages: Readonly<Record<string, string>>;
  /** There is a dockerd to start. */
  daemon: boolean;
  /** The engine's socket exists, but this user may not use it. */
  denied: boolean;
  init: 'systemd' | 'service' | 'none';
}

const SOCKET = '/var/run/docker.sock';
export const daemonPaths: readonly string[] = ['/usr/sbin/dockerd', '/usr/bin/dockerd', '/usr/local/bin/dockerd'];

/** @returns what of Docker is there; 0.1–0.2 s, since every run of setup asks */
export async function lookForDocker(docker: Docker): Promise<DockerFacts> {
  const [engine, compose, buildx] = await Promise.all([
    docker.probe(),
    tryRun(['docker', 'compose', 'version', '--short']),
    tryRun(['docker', 'buildx', 'version']),
  ]);
  const { host } = docker.endpoint;
  return {
    engine: engine?.version,
    compose: compose.exitCode === 0 ? compose.stdout.trim() : undefined,
    buildx: buildx.exitCode === 0,
    elsewhere: /^unix:\/\/(\/var)?\/run\/docker\.sock$/.test(host) ? undefined : host,
  };
}

/** @returns true when nothing of Docker is missing or too old */
export function isSufficient(facts: DockerFacts): boolean {
  return isAtLeast(facts.engine, leastEngine) && isAtLeast(facts.compose, leastCompose) && facts.buildx;
}

/** @returns what decides how Docker could be installed or started here */
export async function lookAtHost(): Promise<HostFacts> {
  const sources = readAptSources();
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(release)?.[1] ?? '';
  return {
    platform: process.platform,
    root: process.getuid?.() === 0,
    os: { id: field('ID'), name: field('PRETTY_NAME') },
    archive: debianArchive(sources),
    suites: [...new Set(sources.flatMap(({ suites }) => suites))],
    packages: existsSync('/usr/bin/dpkg-query') ? await installedPackages(['docker.io', 'docker-ce']) : {},
    daemon: daemonPaths.some((path) => existsSync(path)),
    denied: existsSync(SOCKET) && !isWritable(SOCKET),
    init: await initSystem(),
  };
}

/** systemd counts where it runs (sd_booted(3)); init scripts where the machine's policy lets them start something. */
async function initSystem(): Promise<HostFacts['init']> {
  if (existsSync('/run/systemd/system')) return 'systemd';
  if (!existsSync('/etc/init.d/docker') || !existsSync('/usr/sbin/service')) return 'none';
  if (!existsSync('/usr/sbin/policy-rc.d')) return 'service';
  // 101 forbids; 0 and 104 allow: policy-rc.d(8).
  const { exitCode } = await tryRun(['/usr/sbin/policy-rc.d', 'docker', 'start']);
  return exitCode === 0 || exitCode === 104 ? 'service' : 'none';
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // The one thing that was asked.
    return false;
  }
}
