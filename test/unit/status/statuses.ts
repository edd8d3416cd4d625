import type { OperationRecord } from '../../../scripts/lib/deploy/journal.js';
import type { ContainerStatus, Status } from '../../../scripts/lib/status/status.js';

export const now = Date.parse('2026-05-01T12:00:00.000Z');

/** @returns a container that is well and runs since an hour before {@link now} */
export function container(service: string, rest: Partial<ContainerStatus> = {}): ContainerStatus {
  return {
    service,
    name: `shop-green-${service}-1`,
    version: 'v2',
    state: 'running',
    health: 'healthy',
    since: '2026-05-01T11:00:00.000Z',
    restarts: 0,
    image: `slipway/${service}:v2`,
    apart: false,
    imageId: 'sha256:1',
    ...rest,
  };
}

/** @returns a deploy of v2 that went well, five minutes before {@link now} */
export function operation(rest: Partial<OperationRecord> = {}): OperationRecord {
  return {
    token: 2,
    command: 'deploy',
    version: 'v2',
    colour: 'green',
    release: 'v2-20260501T115500Z',
    by: 'ada@laptop',
    committed: undefined,
    at: '2026-05-01T11:55:00.000Z',
    outcome: 'done',
    reason: undefined,
    ms: 12_300,
    step: 'record',
    ...rest,
  };
}

/** @returns a stack where all is well: v2 is live in green, blue is empty */
export function healthy(rest: Partial<Status> = {}): Status {
  return {
    stack: 'shop',
    live: { colour: 'green', version: 'v2', token: 2 },
    maintenance: undefined,
    running: undefined,
    base: [container('edge', { version: undefined, image: 'slipway/edge:1' }), container('redis', { version: undefined })],
    colours: { blue: [], green: [container('backend'), container('worker')] },
    operations: [operation()],
    backups: undefined,
    disk: { images: 1024 ** 3, volumes: 5 * 1024 ** 2, buildCache: 0 },
    problems: [],
    ...rest,
  };
}
