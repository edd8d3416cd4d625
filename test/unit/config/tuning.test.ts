import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tuningFor } from '../../../scripts/lib/config/tuning.js';

const GiB = 1024 ** 3;
const MiB = 1024 ** 2;
/** Memory and CPUs of every machine that the toolkit may meet; STACK_MEMORY is at least 256m. */
const machine = [
  fc.oneof(fc.integer({ min: 256 * MiB, max: 4 * GiB }), fc.integer({ min: 256 * MiB, max: 1024 * GiB })),
  fc.integer({ min: 1, max: 128 }),
] as const;

test('a server of 8 GiB and 4 CPUs gets the values of the guides', () => {
  expect(tuningFor(8 * GiB, 4)).toEqual({
    PG_SHARED_BUFFERS: '2048MB',
    PG_EFFECTIVE_CACHE_SIZE: '6144MB',
    PG_MAINTENANCE_WORK_MEM: '512MB',
    PG_WORK_MEM: '10MB',
    PG_MEMORY_LIMIT: '6144M',
    REDIS_MAXMEMORY: '2048mb',
    REDIS_MEMORY_LIMIT: '4096M',
    EDGE_CPUS: '2',
    PG_CPUS: '4',
    REDIS_CPUS: '2',
    CRON_CPUS: '2',
    CRON_MEMORY_LIMIT: '4608M',
  });
});

test('half the memory gets half of each', () => {
  expect(tuningFor(4 * GiB, 4)).toMatchObject({
    PG_SHARED_BUFFERS: '1024MB',
    PG_EFFECTIVE_CACHE_SIZE: '3072MB',
    PG_MAINTENANCE_WORK_MEM: '256MB',
    PG_WORK_MEM: '5MB',
    REDIS_MAXMEMORY: '1024mb',
  });
});

test('a tiny machine gets the least that the programs work with', () => {
  expect(tuningFor(256 * MiB, 1)).toMatchObject({
    PG_SHARED_BUFFERS: '64MB',
    PG_EFFECTIVE_CACHE_SIZE: '256MB',
    PG_MAINTENANCE_WORK_MEM: '64MB',
    PG_WORK_MEM: '4MB',
    REDIS_MAXMEMORY: '64mb',
  });
});

test('a large machine does not get more than what is of use', () => {
  expect(tuningFor(256 * GiB, 64)).toMatchObject({
    PG_SHARED_BUFFERS: '65536MB',
    PG_MAINTENANCE_WORK_MEM: '1024MB',
    PG_WORK_MEM: '64MB',
  });
});

test('no limit is above the CPUs that the machine has, since the engine refuses that', () => {
  fc.assert(
    fc.property(...machine, (memory, cpus) => {
      const { EDGE_CPUS, PG_CPUS, REDIS_CPUS } = tuningFor(memory, cpus);
      for (const limit of [EDGE_CPUS, PG_CPUS, REDIS_CPUS]) {
        expect(Number(limit)).toBeLessThanOrEqual(cpus);
        expect(Number(limit)).toBeGreaterThan(0);
      }
    }),
  );
});

test('every amount is a whole number with a unit, and each limit holds what the program is told to use', () => {
  fc.assert(
    fc.property(...machine, (memory, cpus) => {
      const tuning = tuningFor(memory, cpus);
      for (const [key, value] of Object.entries(tuning)) expect(value, key).toMatch(key.endsWith('CPUS') ? /^\d+$/ : /^[1-9]\d*(MB|mb|M)$/);
      // Beside its buffers Postgres needs room for its connections.
      expect(Number.parseInt(tuning.PG_SHARED_BUFFERS, 10) + 100).toBeLessThan(Number.parseInt(tuning.PG_MEMORY_LIMIT, 10));
      expect(Number.parseInt(tuning.REDIS_MAXMEMORY, 10) * 2).toBe(Number.parseInt(tuning.REDIS_MEMORY_LIMIT, 10));
    }),
  );
});
