import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';

/**
 * The source is mounted and the ports are this machine's, so the engine has to be too. What throws data away asks the same: a
 * DOCKER_HOST that was left set in a shell must not make it another machine's.
 *
 * @throws UsageError when the engine is another machine's
 */
export function refuseRemoteEngine({ endpoint: { host } }: Docker): void {
  const isLocal = host.startsWith('unix://') || ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(host).hostname);
  if (isLocal) return;
  throw new UsageError(`the development stack belongs on this machine, but the engine is ${host}`, {
    hints: ['type: unset DOCKER_HOST DOCKER_CONTEXT   or: docker context use default'],
  });
}
