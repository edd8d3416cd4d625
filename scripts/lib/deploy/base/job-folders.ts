import { jobFolders } from '../../config/job-paths.js';
import type { Config } from '../../config/load.js';
import type { Deck } from '../../engine/deck/deck.js';

const FOLDER = 0o040000;

/**
 * Makes the folders in which cron and the runners of the app's jobs leave word for each other, so that each can write its
 * own: cron as its user, runners as whatever users their images have. Folders that are there keep their files.
 *
 * Anyone may write in the runners' folder, but only runners mount it, and cron sees it read-only: an app that is not what it
 * should be can tell lies about its own jobs there, and nothing else.
 *
 * @param cron the user of the cron container
 */
export async function makeJobFolders({ config, deck }: { config: Config; deck: Deck }, cron: number): Promise<void> {
  const { jobsCron, jobsApp } = config.names.volumes;
  await Promise.all([
    deck.writeSecrets(jobsCron, [{ path: jobFolders.due, content: '', mode: FOLDER | 0o755, uid: cron, gid: cron }]),
    deck.writeSecrets(jobsApp, [{ path: jobFolders.results, content: '', mode: FOLDER | 0o777 }]),
  ]);
}
