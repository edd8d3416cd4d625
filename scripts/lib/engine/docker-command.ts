import { join } from 'node:path';
import type { Docker } from './docker.js';

/**
 * @param docker the client whose engine is meant
 * @param command a command of the `docker` program and its arguments
 * @returns the whole command for {@link run}, aimed at the same engine as the client
 */
export function dockerCommand({ endpoint }: Docker, ...command: string[]): [string, ...string[]] {
  const { host, certificates } = endpoint;
  const pem = (name: string) => join(certificates ?? '', name);
  const tls = ['--tlsverify', `--tlscacert=${pem('ca.pem')}`, `--tlscert=${pem('cert.pem')}`, `--tlskey=${pem('key.pem')}`];
  return ['docker', `--host=${host}`, ...(certificates === undefined ? [] : tls), ...command];
}
