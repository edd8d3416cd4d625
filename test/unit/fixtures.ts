import type { AppService } from '../../scripts/lib/config/app-model.js';
import { defaults, schema } from '../../scripts/lib/config/schema.js';
import { serviceSchema } from '../../scripts/lib/config/x-slipway.js';
import type { ContainerState, State } from '../../scripts/lib/deploy/state.js';
import type { EdgeSettings } from '../../scripts/lib/edge/target.js';

/** Secrets that are long enough, and easy to find when they appear where they should not. */
export const goodSecrets = {
  DB_PASSWORD: 'hunter2-of-the-database',
  POSTGRES_PASSWORD: 'hunter2-of-the-superuser',
  REDIS_PASSWORD: 'hunter2-of-the-redis',
  SECRET_KEY: 'hunter2-of-the-signatures-'.repeat(2),
} as const;

/** @returns a service as the app's model has it; its block is checked by the real schema */
export function appService(name: string, block: Record<string, unknown> = {}, rest: Partial<AppService> = {}): AppService {
  return { ...serviceSchema.parse(block), name, image: `slipway/${name}:v1`, builds: false, replicas: 1, ...rest };
}

/** @returns the edge's settings out of what could stand in a .env file; the rest are the defaults */
export function edgeSettings(env: Record<string, string> = {}): EdgeSettings {
  return schema.parse({ ...defaults, ...goodSecrets, ...env });
}

export function containerState(service: string, rest: Partial<ContainerState> = {}): ContainerState {
  return {
    id: `id-of-${service}`,
    name: `shop-blue-${service}-1`,
    service,
    number: 1,
    role: 'web',
    version: 'v1',
    release: 'v1-1',
    port: undefined,
    image: `slipway/${service}:v1`,
    state: 'running',
    health: 'healthy',
    status: 'Up 2 minutes (healthy)',
    addresses: {},
    configHash: 'hash',
    ...rest,
  };
}

/** @returns the state of a stack that serves v1 in `live` with these containers, or of one without a release */
export function stackState(live: 'blue' | 'green' | undefined, containers: ContainerState[] = []): State {
  return {
    base: [],
    colours: { blue: live === 'blue' ? containers : [], green: live === 'green' ? containers : [] },
    live: live && { colour: live, version: 'v1', token: 7 },
    edgeToken: live ? 7 : 0,
  };
}
