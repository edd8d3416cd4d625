/**
 * Where cron and the runners of the app's jobs meet: two volumes, at the same places in all of these containers. Each side
 * writes one of them and sees the other one read-only, so that neither can have the other write where it should not.
 */
export const jobVolumes = {
  /** The mount point of the volume that cron writes. */
  cron: '/run/slipway/cron',
  /** The mount point of the volume that the runners write. */
  app: '/run/slipway/app',
} as const;

/** Folders inside the volumes: the root of a volume cannot be given away by the engine's API, a folder in it can. */
export const jobFolders = { due: 'due', results: 'results' } as const;

export const jobPaths = {
  /** Which jobs are due, and what cron remembers of them. */
  due: `${jobVolumes.cron}/${jobFolders.due}`,
  /** Which jobs run, and how they ended. */
  results: `${jobVolumes.app}/${jobFolders.results}`,
} as const;
