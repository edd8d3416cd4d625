import { hostname, userInfo } from 'node:os';
import type { Names } from '../../config/names.js';
import type { Docker } from '../docker.js';

/** Who holds a stack's lock, and for what, as the deck's labels tell it. */
export interface LockHolder {
  /** As a person would type it: `deploy v2`. */
  command: string;
  by: string;
  /** ISO 8601. */
  since: string;
}

/** @returns who runs this process: `ada@laptop`; the lock's labels and the journal name a person so */
export function operator(): string {
  return `${userName()}@${hostname()}`;
}

/** CI likes to run containers under a user id that their /etc/passwd does not have: the number is then all there is. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** @returns who holds the lock; undefined while nobody does. Taking the lock is not needed to ask */
export async function lockHolder(docker: Docker, names: Names): Promise<LockHolder | undefined> {
  const deck = await docker.inspect(names.deck);
  return deck?.State.Running ? holderOf(deck.Config.Labels) : undefined;
}

/** @returns what a deck's labels say; pure */
export function holderOf(labels: Readonly<Record<string, string>>): LockHolder {
  const label = (part: string) => labels[`dev.slipway.deck${part}`] ?? 'unknown';
  return { command: label(''), by: label('.by'), since: label('.since') };
}
