import { otherColour } from '../../config/names.js';
import { isAlive } from '../containers.js';
import { ageInWords } from './age.js';
import type { PrunePlan, PruneSettings } from './plan.js';
import type { PruneState } from './prune-state.js';

/**
 * Plans which containers go: those of the idle colour, once all of them have been down for long enough; pure. Going back to
 * their release makes them anew out of what is kept of it. A colour that is warm is none of that: it is there to be gone
 * back to at once.
 */
export function planContainers({ live, containers }: PruneState, { afterMs }: PruneSettings, now: number): PrunePlan {
  if (live === undefined) return { items: [], kept: [] };
  const idle = otherColour(live);
  const own = containers.filter(({ colour }) => colour === idle);
  if (own.length === 0) return { items: [], kept: [] };
  const stopped = Math.max(...own.map((container) => (isAlive(container) ? now : (container.stoppedAt ?? now))));
  if (now - stopped < afterMs) {
    const why = own.some(isAlive) ? 'it is warm' : `stopped for less than ${ageInWords(afterMs)}`;
    return { items: [], kept: [{ what: `the containers of ${idle}`, why }] };
  }
  const reason = `${idle} is idle, and was stopped ${ageInWords(now - stopped)} ago`;
  return { items: own.map(({ id, name }) => ({ kind: 'container', id, name, bytes: undefined, reason })), kept: [] };
}
