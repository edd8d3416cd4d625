import type { EngineImage } from '../../engine/disk.js';
import { releasesOf, retained } from '../releases/releases.js';
import { ageInWords } from './age.js';
import { OwnNames } from './own-names.js';
import type { PruneItem, PrunePlan, PruneSettings } from './plan.js';
import type { PruneState } from './prune-state.js';

/** What decides about one image. */
interface Facts {
  own: OwnNames;
  /** Ids of what retained releases ran on. */
  needed: ReadonlySet<string>;
  /** By its id, the last version that ran on an image. */
  ran: ReadonlyMap<string, string>;
  /** Ids of what any container of the engine was made from. */
  used: ReadonlySet<string>;
  base: ReadonlySet<string>;
  settings: PruneSettings;
  now: number;
}

const NEVER_LIVE = 'it was built for a release that never went live';

type Verdict = PruneItem | { stays: string } | undefined;

/**
 * Plans which images of the app go: those that releases of this stack ran on which are not retained any more, and those that
 * were built for a release that never went live, when they are old; pure. An image stays that a container of whatever stack was
 * made from, that .env names, or that has a name which this stack did not give it: it is somebody else's as well.
 */
export function planImages(state: PruneState, settings: PruneSettings, now: number): PrunePlan {
  const releases = releasesOf(state.journal);
  const kept = new Set(retained(releases, settings.retain));
  const records = releases.filter(({ release }) => kept.has(release));
  // A journal that does not tell what a retained release ran on can tell of no image that it is not needed.
  if (records.some(({ images }) => images.length === 0)) {
    return { items: [], kept: [{ what: 'all images', why: 'the journal does not tell what a retained release ran on' }] };
  }
  const facts: Facts = {
    own: new OwnNames(state.stack, releases),
    needed: new Set(records.flatMap(({ images }) => images.map(({ id }) => id))),
    ran: new Map(releases.flatMap(({ images, version }) => images.map(({ id }) => [id, version]))),
    used: new Set(state.containers.map(({ imageId }) => imageId)),
    base: new Set(state.base),
    settings,
    now,
  };
  const verdicts = state.images.map((image) => ({ image, verdict: judge(image, facts) }));
  return {
    items: verdicts.flatMap(({ verdict }) => (verdict && 'kind' in verdict ? [verdict] : [])),
    kept: verdicts.flatMap(({ image, verdict }) => (verdict && 'stays' in verdict ? [{ what: labelOf(image), why: verdict.stays }] : [])),
  };
}

/** @returns undefined for an image that is none of this stack's business, or that a retained release needs */
function judge(image: EngineImage, facts: Facts): Verdict {
  const { own, needed, ran, used, base, settings, now } = facts;
  const { id, names, bytes } = image;
  if (needed.has(id)) return undefined;
  const version = ran.get(id);
  const marks = names.filter((name) => own.isKept(name));
  const built = own.isBuilt(image);
  if (version === undefined && marks.length === 0 && !built) return undefined;
  if (names.some((name) => base.has(name))) return undefined;
  if (used.has(id)) return { stays: 'a container uses it' };
  const foreign = names.find((name) => !own.has(name, image));
  if (foreign !== undefined && marks.length === 0) return { stays: 'it has a name that this stack did not give it' };
  if (foreign !== undefined) return nameOnly(id, marks, `no retained release needs it; the image is ${foreign} as well`);
  // The next try of a version that was refused takes it by its name, for as long as it has that.
  if (version === undefined && names.length > marks.length && now - builtAt(image) < settings.afterMs) {
    return marks.length > 0 ? nameOnly(id, marks, NEVER_LIVE) : { stays: `built less than ${ageInWords(settings.afterMs)} ago` };
  }
  const reason = version === undefined ? NEVER_LIVE : gone(version, settings);
  return { kind: 'image', id, name: labelOf(image), names: [...names.filter((name) => !own.isKept(name)), ...marks], bytes, reason };
}

/** Where every layer comes out of the build cache, the engine gives the image the age of the newest layer. */
function builtAt({ created, labels }: EngineImage): number {
  const labelled = Date.parse(labels['org.opencontainers.image.created'] ?? '');
  return Number.isNaN(labelled) ? created : Math.max(created, labelled);
}

function nameOnly(id: string, names: readonly string[], reason: string): PruneItem {
  return { kind: 'name', id, name: names.join(', '), names, bytes: 0, reason };
}

function gone(version: string, { retain }: PruneSettings): string {
  return `${version} ran on it, and is none of the last ${retain} releases that were live`;
}

function labelOf({ id, names }: EngineImage): string {
  return names[0] ?? id.replace(/^sha256:/, '').slice(0, 12);
}
