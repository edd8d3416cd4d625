import { type AptSource, renderSource } from './apt-sources.js';
import type { DockerFacts, HostFacts } from './engine-facts.js';
import { isAtLeast, leastCompose, leastEngine } from './versions.js';

/** One thing to do on this machine. */
export type EngineStep =
  | { do: 'write'; files: readonly { path: string; content: string }[] }
  | { do: 'update' }
  | { do: 'install'; packages: readonly string[]; from?: string }
  | { do: 'start'; by: HostFacts['init'] };

/** How this machine gets a sufficient engine. */
export type EnginePlan =
  | { kind: 'ready' }
  /** `installs` says what a person has to agree to; starting what is installed needs no consent. */
  | { kind: 'act'; why: string; steps: readonly EngineStep[]; installs?: string }
  | { kind: 'refuse'; why: string; hints: readonly string[] };

/** Debian 12's own engine (20.10) is too old; the next release's packages run on it. */
const NEXT_SUITE = 'trixie';
const PACKAGES = {
  debian: ['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx', 'containerd', 'iptables', 'ca-certificates'],
  ubuntu: ['docker.io', 'docker-compose-v2', 'docker-buildx', 'ca-certificates'],
} as const;

/**
 * Decides from facts alone what is to do.
 *
 * @param docker what of Docker is there
 * @param host what decides how it could be installed or started
 */
export function planEngine(docker: DockerFacts, host: HostFacts): EnginePlan {
  const problem = problemOf(docker, host);
  if (!problem) return { kind: 'ready' };
  const { why } = problem;
  if (problem.where === 'engine' && docker.elsewhere) {
    return { kind: 'refuse', why, hints: ['see to the engine there, or unset DOCKER_HOST and DOCKER_CONTEXT to use this machine'] };
  }
  if (problem.where === 'engine' && docker.engine === undefined && host.platform === 'linux') {
    if (host.denied) return { kind: 'refuse', why, hints: ['type: sudo usermod -aG docker "$USER"   (then log in again)'] };
    if (host.daemon && host.root) return { kind: 'act', why, steps: [{ do: 'start', by: host.init }] };
    if (host.daemon) return { kind: 'refuse', why, hints: ['type: sudo systemctl start docker   (or: sudo service docker start)'] };
  }
  return installation(why, host);
}

function problemOf(docker: DockerFacts, host: HostFacts): { where: 'engine' | 'client'; why: string } | undefined {
  const engine = (why: string) => ({ where: 'engine', why }) as const;
  const client = (why: string) => ({ where: 'client', why }) as const;
  const needs = `Slipway needs Docker Engine ${leastEngine[0]} or newer`;
  if (docker.engine === undefined) {
    if (docker.elsewhere) return engine(`${needs}, and none answers at ${docker.elsewhere}`);
    if (host.denied) return engine("the Docker Engine's socket does not admit this user");
    return engine(host.daemon ? 'the Docker Engine is installed, but it does not run' : `${needs}, and this machine has none`);
  }
  if (!isAtLeast(docker.engine, leastEngine)) return engine(`${needs}, and this one is ${docker.engine}`);
  const compose = `Slipway needs Docker Compose ${leastCompose.join('.')} or newer`;
  if (docker.compose === undefined) return client(`${compose}, and \`docker compose\` does not exist here`);
  if (!isAtLeast(docker.compose, leastCompose)) return client(`${compose}, and this one is ${docker.compose}`);
  return docker.buildx ? undefined : client('Slipway builds images with buildx, and `docker buildx` does not exist here');
}

function installation(why: string, host: HostFacts): EnginePlan {
  const plan = host.platform === 'linux' ? fromPackages(host) : undefined;
  if (!plan) return { kind: 'refuse', why, hints: [host.platform === 'linux' ? manual(host) : DESKTOP] };
  if (plan.kind === 'refuse') return { ...plan, why };
  const install = plan.steps.find((step) => step.do === 'install');
  const what = `${install?.packages.join(' ')}${install?.from ? ` from Debian ${install.from}` : ''}`;
  if (!host.root) return { kind: 'refuse', why, hints: [`type: sudo npm run setup -- --yes   (it installs ${what})`] };
  return { kind: 'act', why, steps: plan.steps, installs: what };
}

const DESKTOP = 'install Docker Desktop with Engine 25 or newer, start it, and type this again';

function manual(host: HostFacts): string {
  return `install Docker Engine, Compose and buildx as docs.docker.com/engine/install says for ${host.os.name || 'this system'}, and type this again`;
}

function fromPackages(
  host: HostFacts,
): Extract<EnginePlan, { kind: 'refuse' }> | { kind: 'steps'; steps: readonly EngineStep[] } | undefined {
  if (host.packages['docker-ce']) {
    return {
      kind: 'refuse',
      why: '',
      hints: ['type: sudo apt-get install docker-ce docker-ce-cli docker-compose-plugin docker-buildx-plugin'],
    };
  }
  const steps = (packages: readonly string[], from?: string): EngineStep[] => [
    { do: 'update' },
    from === undefined ? { do: 'install', packages } : { do: 'install', packages, from },
  ];
  if (host.os.id === 'ubuntu') return { kind: 'steps', steps: steps(PACKAGES.ubuntu) };
  if (host.os.id !== 'debian' || !host.archive) return undefined;
  // Not os-release: with an engine from the next release comes that release's os-release.
  if (!host.suites.includes('bookworm')) {
    return host.suites.some((suite) => /^(bullseye|buster)$/.test(suite)) ? undefined : { kind: 'steps', steps: steps(PACKAGES.debian) };
  }
  return { kind: 'steps', steps: [{ do: 'write', files: pinnedSource(host.archive) }, ...steps(PACKAGES.debian, NEXT_SUITE)] };
}

/** The next release as a source of nothing but what is asked from it by name: priority 100 is below everything else. */
function pinnedSource(archive: AptSource): { path: string; content: string }[] {
  const comment = '# Written by Slipway: its setup takes the Docker Engine from the next Debian release.\n';
  return [
    {
      path: '/etc/apt/sources.list.d/slipway-engine.sources',
      content: comment + renderSource({ ...archive, suites: [NEXT_SUITE], components: ['main'] }),
    },
    {
      path: '/etc/apt/preferences.d/slipway-engine',
      content: `${comment}Package: *\nPin: release n=${NEXT_SUITE}\nPin-Priority: 100\n`,
    },
  ];
}
