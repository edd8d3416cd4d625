import type { Settings } from '../../config/schema.js';
import type { Bake } from '../plan.js';

/**
 * @param asked the time (milliseconds) that was asked for in so many words; undefined: as the settings say
 * @returns how a release is watched; undefined: not at all
 */
export function bakeOf({ BAKE_TIME }: Pick<Settings, 'BAKE_TIME'>, asked?: number): Bake | undefined {
  const milliseconds = asked ?? BAKE_TIME;
  return milliseconds === 0 ? undefined : { milliseconds, always: asked !== undefined };
}
