import { SlipwayError, UsageError } from '../errors.js';
import type { Docker } from './docker.js';
import { dockerCommand } from './docker-command.js';
import { classifyPullFailure } from './pull-failure.js';
import { tryRun } from './run.js';

/** No registry answered. */
export class NoRegistryError extends SlipwayError {
  readonly image: string;

  constructor(image: string, why: string) {
    super(`no registry answers for ${image}: ${why}`, {
      hints: ['try again when the registry answers, or load the image with `docker load`'],
    });
    this.image = image;
  }
}

/** A registry that says nothing for this long is not there; downloading may then take as long as it takes. */
const SILENCE_MS = 20_000;

/**
 * Pulls an image, by the `docker` command, since that one knows the person's registry logins.
 *
 * @param signal stops the pull
 * @throws NoRegistryError when nothing answered within 20 s, or the address does not exist or refuses
 * @throws UsageError when the registry answered that it has no such image or does not give it
 */
export async function pull(docker: Docker, image: string, say: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const onLine = (line: string) => {
    clearTimeout(timer);
    say(line);
  };
  const result = await tryRun(dockerCommand(docker, 'pull', image), {
    onLine,
    detached: signal !== undefined,
    signal: signal ? AbortSignal.any([silence.signal, signal]) : silence.signal,
  });
  clearTimeout(timer);
  signal?.throwIfAborted();
  if (result.exitCode === 0) return;
  if (silence.signal.aborted) throw new NoRegistryError(image, `nothing came within ${SILENCE_MS / 1_000} s`);
  const why = (result.stderr.trim() || result.stdout.trim()).split('\n').at(-1) ?? '';
  const kind = classifyPullFailure(why);
  if (kind === 'no registry') throw new NoRegistryError(image, why);
  if (kind === 'refused')
    throw new UsageError(`the registry does not give ${image}: ${why}`, { hints: ['check the name, or type: docker login'] });
  throw new SlipwayError(`pulling ${image} failed`, { details: [why] });
}
