import type { EngineImage } from '../../engine/disk.js';
import { releasesOf } from '../releases/releases.js';
import { ageInWords } from './age.js';
import type { PrunePlan, PruneSettings } from './plan.js';
import type { PruneState } from './prune-state.js';

/**
 * These images belong to no stack: every checkout on the machine makes its own, and may be just about to start a container
 * from it. So however short an age is asked for, younger ones stay.
 */
export const TOOLKIT_LEAST_MS = 24 * 3_600_000;

/** @returns whether an image is one that the toolkit makes for itself, by its content, as engine/image-name.ts names them */
export function isToolkitImage({ names, labels }: EngineImage): boolean {
  const named = names.length > 0 && names.every((name) => /^slipway\/(edge|cron):[0-9a-f]{12}$/.test(name));
  // A stack called slipway may have an app with a service called cron, whose versions are commits.
  return named && labels['dev.slipway.source'] === undefined;
}

/**
 * Plans which of the toolkit's own images go: those that no container uses, that this checkout does not make, and that are old;
 * pure. One that is missed after all is built anew by the next command that needs it, in some seconds.
 */
export function planToolkit({ images, containers, base, journal }: PruneState, { afterMs }: PruneSettings, now: number): PrunePlan {
  const used = new Set(containers.map(({ imageId }) => imageId));
  const ran = new Set(releasesOf(journal).flatMap((release) => release.images.map(({ id }) => id)));
  const left = images.filter(
    (image) => isToolkitImage(image) && !used.has(image.id) && !ran.has(image.id) && !image.names.some((name) => base.includes(name)),
  );
  const least = Math.max(afterMs, TOOLKIT_LEAST_MS);
  const age = ({ created, named }: (typeof left)[number]) => now - Math.max(created, named ?? created);
  const young = left.filter((image) => age(image) < least);
  const what = `${young.length} of the toolkit's older images`;
  return {
    items: left
      .filter((image) => age(image) >= least)
      .map((image) => ({
        kind: 'toolkit',
        id: image.id,
        name: image.names.join(', '),
        names: image.names,
        bytes: image.bytes,
        reason: `no container uses it, and it was made ${ageInWords(age(image))} ago; another is made now`,
      })),
    kept: young.length === 0 ? [] : [{ what, why: `younger than ${ageInWords(least)}: another checkout may be about to use them` }],
  };
}
