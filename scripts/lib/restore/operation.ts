import type { Question, SessionEnd } from '../backup/sidecar/restore-results.js';
import type { Config } from '../config/load.js';
import type { Cron } from '../cron/cron.js';
import type { CronSession } from '../cron/session.js';
import type { Reporter } from '../deploy/reporter.js';
import type { Maintenance } from '../edge/maintenance.js';
import type { Deck } from '../engine/deck/deck.js';
import type { Docker } from '../engine/docker.js';
import type { Events } from './events.js';

export type RestoreSession = CronSession<Question, SessionEnd>;

/** Everything that the steps of one running restore share on the deployer's side. */
export interface Operation {
  config: Config;
  docker: Docker;
  deck: Deck;
  cron: Cron;
  session: RestoreSession;
  reporter: Reporter;
  /** In the cron container: where a person's dump is put. */
  folder: string;
  events: Events;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** What held at the edge before this operation turned the public away; undefined while it has not. */
  gate: { before: Maintenance | undefined } | undefined;
  /** What steps have found out. */
  found: { safetySet: string | undefined; columns: Record<string, string[]> };
}
