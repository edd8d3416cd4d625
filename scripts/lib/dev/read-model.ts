import type { ComposeSpecification } from 'docker-compose';
import { parse } from 'yaml';
import { z } from 'zod';
import { type ComposeService, withSingleDollars } from '../config/app-model.js';
import { UsageError } from '../errors.js';
import type { DevModel, DevPort, DevService } from './model.js';

/** What a service of the development stack may say of itself. What a deploy reads may stand beside it. */
const block = z.looseObject({
  /** A command that fills the databases with data to work with; it can run any number of times. */
  seed: z.array(z.string().min(1)).min(1).optional(),
  /** What to tell the person after the start: addresses by name. */
  open: z.record(z.string(), z.string()).default({}),
});

/**
 * @param yaml what `docker compose config` printed
 * @param project the project's name
 * @throws UsageError for an x-slipway block that has another form
 */
export function readDevModel(yaml: string, project: string): DevModel {
  const compose = parse(yaml) as ComposeSpecification;
  const volumes = Object.entries(compose.volumes ?? {}).filter(([, volume]) => !volume?.external);
  return {
    services: Object.entries(compose.services ?? {}).map(([name, service]) => readService(name, service, project)),
    volumes: volumes.map(([key, volume]) => volume?.name ?? `${project}_${key}`),
  };
}

function readService(name: string, service: ComposeService, project: string): DevService {
  const read = block.safeParse(withSingleDollars((service as Record<string, unknown>)['x-slipway'] ?? {}));
  if (!read.success) {
    throw new UsageError(`the development stack's Compose file has a problem`, {
      details: read.error.issues.map(({ path, message }) => `services.${name}.x-slipway.${path.join('.')}: ${message}`),
      hints: ['compose/dev.yml shows how each key is written'],
    });
  }
  return {
    name,
    // The name that Compose gives an image which is built and has none.
    image: service.image ?? `${project}-${name}`,
    ports: portsOf(name, service),
    sources: sourcesOf(service.build),
    ...(read.data.seed ? { seed: read.data.seed } : {}),
    open: read.data.open,
  };
}

function portsOf(name: string, service: ComposeService): DevPort[] {
  return (service.ports ?? []).flatMap((entry) => {
    const { host_ip: host = '0.0.0.0', published, protocol } = entry as { host_ip?: string; published?: string; protocol?: string };
    const port = Number(published);
    // None, or a range: the engine finds a free one.
    return protocol !== 'udp' && Number.isInteger(port) && port > 0 ? [{ service: name, host, port }] : [];
  });
}

/** Compose prints the folders of a build with absolute paths; others are addresses. */
function sourcesOf(build: ComposeService['build']): string[] {
  if (!build || typeof build === 'string') return [];
  const { context = '', additional_contexts: more = {} } = build as { context?: string; additional_contexts?: Record<string, string> };
  return [context, ...Object.values(more)].filter((path) => path.startsWith('/'));
}
