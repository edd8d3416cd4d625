const GiB = 1024 ** 3;
const MiB = 1024 ** 2;

/** The machine's share of the base's services, as interpolated into compose/production.yml. */
export interface Tuning {
  PG_SHARED_BUFFERS: string;
  PG_EFFECTIVE_CACHE_SIZE: string;
  PG_MAINTENANCE_WORK_MEM: string;
  PG_WORK_MEM: string;
  PG_MEMORY_LIMIT: string;
  REDIS_MAXMEMORY: string;
  REDIS_MEMORY_LIMIT: string;
  EDGE_CPUS: string;
  PG_CPUS: string;
  REDIS_CPUS: string;
  CRON_CPUS: string;
  CRON_MEMORY_LIMIT: string;
}

/**
 * Scales the guides' settings for a server of 8 GB (shared_buffers 2 GB, effective_cache_size 6 GB, maintenance_work_mem
 * 512 MB, work_mem 10 MB, Redis maxmemory 2 GB) to the memory that the stack may use.
 *
 * @param memory bytes
 * @param cpus how many the machine has; the engine refuses a limit above that
 * @returns memory in MB (Postgres's and Redis's MB are both 2^20 bytes), CPUs as Compose takes them
 */
export function tuningFor(memory: number, cpus: number): Tuning {
  const share = memory / (8 * GiB);
  const megabytes = (at8GiB: number, least: number, most = Number.POSITIVE_INFINITY) =>
    Math.round(Math.min(Math.max(at8GiB * share, least), most));
  const redis = megabytes(2048, 64);
  const buffers = megabytes(2048, Math.min(128, Math.max(16, memory / MiB / 4)));
  return {
    PG_SHARED_BUFFERS: `${buffers}MB`,
    PG_EFFECTIVE_CACHE_SIZE: `${megabytes(6144, 256)}MB`,
    // Above 1 GB vacuum gains nothing more (one dead-tuple store); documentation of maintenance_work_mem.
    PG_MAINTENANCE_WORK_MEM: `${megabytes(512, 64, 1024)}MB`,
    PG_WORK_MEM: `${megabytes(10, 4, 64)}MB`,
    PG_MEMORY_LIMIT: `${Math.max(Math.round((memory * 0.75) / MiB), buffers + 128)}M`,
    REDIS_MAXMEMORY: `${redis}mb`,
    // Forking for a snapshot can need up to the data's size again.
    REDIS_MEMORY_LIMIT: `${redis * 2}M`,
    EDGE_CPUS: String(Math.min(2, cpus)),
    PG_CPUS: String(Math.min(4, cpus)),
    REDIS_CPUS: String(Math.min(2, cpus)),
    CRON_CPUS: String(Math.min(2, cpus)),
    // Drills start a small Postgres and a Redis that holds all the data.
    CRON_MEMORY_LIMIT: `${Math.max(768, 512 + redis * 2)}M`,
  };
}
