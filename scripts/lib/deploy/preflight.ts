import { createServer } from 'node:net';
import type { Config } from '../config/load.js';
import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';
import type { State } from './state.js';

/**
 * What has to hold before anything is changed: the ports that the edge is to publish are free, unless the edge has them.
 *
 * @throws UsageError with a line for each port that another program has
 */
export async function preflight(config: Config, docker: Docker, { base }: State): Promise<void> {
  const edge = base.find(({ service }) => service === 'edge');
  // On a remote engine the ports are not this machine's to try.
  if (edge?.state === 'running' || !docker.endpoint.host.startsWith('unix://')) return;
  const { BIND_ADDRESS, HTTP_PORT, HTTPS_PORT } = config.settings;
  const problems: string[] = [];
  for (const [key, port] of [
    ['HTTP_PORT', HTTP_PORT],
    ['HTTPS_PORT', HTTPS_PORT],
  ] as const) {
    const problem = await cannotListen(BIND_ADDRESS, port);
    if (problem) problems.push(`${key}: port ${port} on ${BIND_ADDRESS} ${problem}`);
  }
  if (problems.length > 0) {
    throw new UsageError(problems.length === 1 ? 'a port cannot be had' : 'two ports cannot be had', {
      details: problems,
      hints: [`see who has it with: ss -ltnp   or set another port in ${config.file}`],
    });
  }
}

function cannotListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used: ${error.message}`),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
