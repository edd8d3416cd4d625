import type { ComposeSpecification } from 'docker-compose';
import type { ComposeService } from './app-model.js';

/** A secret or config as Compose resolves it where a service uses it. */
interface Use {
  source: string;
}

/**
 * @param compose the resolved model
 * @param folder a folder, absolute
 * @returns where services mount a file or folder of it, as volumes, secrets or configs; what a build alone uses is no mount
 */
export function mountedFrom(compose: ComposeSpecification, folder: string): string[] {
  const isInside = (path: unknown) => path === folder || String(path).startsWith(`${folder}/`);
  const files = (kind: 'secrets' | 'configs') =>
    new Map(Object.entries(compose[kind] ?? {}).map(([name, entry]) => [name, (entry as { file?: string } | null)?.file]));
  const known = { secrets: files('secrets'), configs: files('configs') };
  return Object.entries(compose.services ?? {}).flatMap(([name, service]) => [
    ...volumesOf(service)
      .filter(({ type, source }) => type === 'bind' && isInside(source))
      .map(({ target }) => `services.${name}.volumes: ${target}`),
    ...(['secrets', 'configs'] as const).flatMap((kind) =>
      usesOf(service[kind])
        .filter(({ source }) => isInside(known[kind].get(source)))
        .map(({ source }) => `services.${name}.${kind}: ${source}`),
    ),
  ]);
}

function volumesOf({ volumes = [] }: ComposeService): { type?: string; source?: unknown; target?: unknown }[] {
  return volumes.filter((volume) => typeof volume === 'object');
}

function usesOf(uses: unknown): Use[] {
  return Array.isArray(uses) ? uses.map((use) => (typeof use === 'string' ? { source: use } : (use as Use))) : [];
}
