import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../errors.js';

/** Where the Docker Engine listens: the same for the `docker` command and for dockerode. */
export interface Endpoint {
  /** As DOCKER_HOST takes it: `unix:///var/run/docker.sock`, `tcp://host:2376`, … */
  host: string;
  /** The folder with ca.pem, cert.pem and key.pem, when the connection is TLS. */
  certificates?: string;
}

/**
 * Finds the engine as the `docker` command does: DOCKER_HOST, else DOCKER_CONTEXT, else the current context of
 * `~/.docker/config.json`, else the local socket. The order and the metadata file's name (SHA-256 of the context's name)
 * are the docker CLI's: https://docs.docker.com/engine/manage-resources/contexts/
 *
 * @param environment the process's environment
 * @throws UsageError for a context that does not exist, or an address that is not supported yet
 */
export function resolveEndpoint(environment: NodeJS.ProcessEnv = process.env): Endpoint {
  const endpoint = fromHost(environment) ?? fromContext(environment) ?? { host: 'unix:///var/run/docker.sock' };
  if (!/^(unix|tcp):\/\//.test(endpoint.host)) {
    throw new UsageError(`DOCKER_HOST: ${endpoint.host} cannot be used yet`, { hints: ['use a unix:// or tcp:// address'] });
  }
  return endpoint;
}

function fromHost(environment: NodeJS.ProcessEnv): Endpoint | undefined {
  const host = environment.DOCKER_HOST;
  if (!host) return undefined;
  const tls = environment.DOCKER_TLS_VERIFY && environment.DOCKER_CERT_PATH;
  return tls ? { host, certificates: tls } : { host };
}

function fromContext(environment: NodeJS.ProcessEnv): Endpoint | undefined {
  const folder = environment.DOCKER_CONFIG ?? join(homedir(), '.docker');
  const name = environment.DOCKER_CONTEXT ?? currentContext(join(folder, 'config.json'));
  if (!name || name === 'default') return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(folder, 'contexts', 'meta', id, 'meta.json');
  if (!existsSync(file)) throw new UsageError(`there is no Docker context ${name}`, { hints: ['type: docker context ls'] });
  const host: unknown = JSON.parse(readFileSync(file, 'utf8'))?.Endpoints?.docker?.Host;
  if (typeof host !== 'string') throw new UsageError(`the Docker context ${name} names no host`);
  const certificates = join(folder, 'contexts', 'tls', id, 'docker');
  return existsSync(certificates) ? { host, certificates } : { host };
}

function currentContext(file: string): string | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8'))?.currentContext : undefined;
}
