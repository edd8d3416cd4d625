import { releasesOf, retained } from '../releases/releases.js';
import { ageInWords } from './age.js';
import { planContainers } from './plan-containers.js';
import { planImages } from './plan-images.js';
import { planSegments } from './plan-segments.js';
import { planToolkit } from './plan-toolkit.js';
import type { PruneState } from './prune-state.js';

/** Something that is removed. */
export type PruneItem = {
  name: string;
  /** Why it goes, for the person. */
  reason: string;
  /** What becomes free with it; undefined where the engine does not tell. */
  bytes: number | undefined;
} & (
  | { kind: 'container'; id: string }
  /** The image goes with the last of its names. One that has none goes by its id. */
  | { kind: 'image' | 'toolkit'; id: string; names: readonly string[] }
  /** A name of the stack's own alone: the image itself stays. */
  | { kind: 'name'; id: string; names: readonly string[] }
  /** What was kept to go back to a release. */
  | { kind: 'release'; file: string }
  /** A closed part of the journal; `rest`: the lines that stay. */
  | { kind: 'journal'; rest: string }
  /** Of all projects of the engine. */
  | { kind: 'build-cache'; unusedForMs: number }
);

/** Something that might have gone, and stays. */
export interface KeptThing {
  what: string;
  why: string;
}

export interface PrunePlan {
  items: PruneItem[];
  kept: KeptThing[];
}

export interface PruneSettings {
  /** RETAIN_RELEASES. */
  retain: number;
  /** How old has to be what goes by its age (milliseconds). */
  afterMs: number;
}

/**
 * Plans what of a stack is left over; pure. Whatever going back to a retained release needs stays, however old it is: its
 * images, the names that keep them, its file, the journal's records of it.
 *
 * @param now milliseconds since 1970
 */
export function planPrune(state: PruneState, settings: PruneSettings, now: number): PrunePlan {
  const containers = planContainers(state, settings, now);
  const going = new Set(containers.items.flatMap((item) => (item.kind === 'container' ? [item.id] : [])));
  const later = { ...state, containers: state.containers.filter(({ id }) => !going.has(id)) };
  return joined([
    containers,
    planImages(later, settings, now),
    planFiles(state, settings),
    planToolkit(later, settings, now),
    planSegments(state, settings, now),
    planCache(state, settings),
  ]);
}

/** @returns the plans as one, in their order */
export function joined(plans: readonly PrunePlan[]): PrunePlan {
  return { items: plans.flatMap(({ items }) => items), kept: plans.flatMap(({ kept }) => kept) };
}

/** The files of releases: each goes with the release, but for that of one that has containers still. */
function planFiles({ journal, files, containers }: PruneState, { retain }: PruneSettings): PrunePlan {
  const releases = releasesOf(journal);
  const kept = retained(releases, retain);
  const present = new Set([...kept, ...containers.flatMap(({ release }) => release ?? [])]);
  const gone = files.flatMap((file) => {
    const release = /^release-(.+)\.json$/.exec(file.name)?.[1];
    return release === undefined || present.has(release) ? [] : [{ release, ...file }];
  });
  const versions = kept.map((release) => releases.find((record) => record.release === release)?.version);
  return {
    items: gone.map(({ release, name, bytes }) => ({
      kind: 'release',
      name: release,
      file: name,
      bytes,
      reason: `it is none of the last ${retain} releases that were live`,
    })),
    kept: versions.length === 0 ? [] : [{ what: versions.join(', '), why: `RETAIN_RELEASES=${retain}, with all that going back needs` }],
  };
}

function planCache({ cache }: PruneState, { afterMs }: PruneSettings): PrunePlan {
  if (!cache || cache.entries === 0) return { items: [], kept: [] };
  const reason = `not used for ${ageInWords(afterMs)}; it belongs to all projects of this engine`;
  const name = `${cache.entries} ${cache.entries === 1 ? 'entry' : 'entries'}`;
  return { items: [{ kind: 'build-cache', name, bytes: cache.bytes, unusedForMs: afterMs, reason }], kept: [] };
}
