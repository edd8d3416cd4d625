import type Dockerode from 'dockerode';
import type { Config } from '../config/load.js';
import type { Docker } from '../engine/docker.js';
import { cannotListen } from '../engine/listen.js';
import { UsageError } from '../errors.js';
import { isAlive } from './containers.js';
import type { State } from './state.js';

/** An address that the edge is to listen on, and what decides about it. */
interface Address {
  what: string;
  host: string;
  port: number;
}

/**
 * What has to hold before anything is changed: the ports that the edge is to publish are free, unless the edge has them. An
 * edge that is there and was stopped is started as it is, with the ports that it was made with, whatever .env says by now.
 *
 * @throws UsageError with a line for each port that another program has
 */
export async function preflight(config: Config, docker: Docker, { base }: State): Promise<void> {
  const edge = base.find(({ service }) => service === 'edge');
  // On a remote engine the ports are not this machine's to try.
  if ((edge && isAlive(edge)) || !docker.endpoint.host.startsWith('unix://')) return;
  const addresses = edge ? await publishedBy(docker, edge.id) : wantedBy(config);
  const problems: string[] = [];
  for (const { what, host, port } of addresses) {
    const problem = await cannotListen(host, port);
    if (problem) problems.push(`${what}: port ${port} on ${host} ${problem}`);
  }
  if (problems.length === 0) return;
  const other = edge
    ? `have the edge made anew with other ports: set them in ${config.file}, and npx zx scripts/base.mjs upgrade`
    : undefined;
  throw new UsageError(problems.length === 1 ? 'a port cannot be had' : 'two ports cannot be had', {
    details: problems,
    hints: [`see who has it with: ss -ltnp   or ${other ?? `set another port in ${config.file}`}`],
  });
}

function wantedBy({ settings: { BIND_ADDRESS: host, HTTP_PORT, HTTPS_PORT } }: Config): Address[] {
  return [
    { what: 'HTTP_PORT', host, port: HTTP_PORT },
    { what: 'HTTPS_PORT', host, port: HTTPS_PORT },
  ];
}

/** @returns what a container publishes whenever it runs */
async function publishedBy(docker: Docker, container: string): Promise<Address[]> {
  const bindings = ((await docker.inspect(container))?.HostConfig.PortBindings ?? {}) as Record<string, Dockerode.PortBinding[] | null>;
  return Object.values(bindings)
    .flatMap((some) => some ?? [])
    .map(({ HostIp, HostPort }) => ({ what: 'the edge’s container', host: HostIp || '0.0.0.0', port: Number(HostPort) }));
}
