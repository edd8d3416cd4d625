import { SlipwayError } from '../errors.js';
import { type Copy, type Fault, readCopies } from './copies.js';
import { writeManifest } from './manifest.js';
import type { CataloguedSet } from './set.js';
import type { Store } from './store/store.js';

/** A copy that is no backup. */
export interface IncompleteSet {
  set: string;
  store: string;
  fault: Fault;
  problem: string;
  pinned: boolean;
  /** When anything of it was last written (ISO 8601). */
  touched: string;
}

/** What all stores have of one stack. */
export interface Catalogue {
  stack: string;
  /** Newest first. A set that several stores have is one entry. */
  sets: CataloguedSet[];
  /** Newest first. A set may be whole in one store and stand here for another one. */
  incomplete: IncompleteSet[];
  /** Stores that could not be listed: what they have is not known. */
  unreachable: { store: string; problem: string }[];
  /** Whatever else a person should know. */
  warnings: string[];
}

/**
 * Finds out which sets there are. A store that does not answer, and a set that is damaged, hide no other ones; they are
 * told.
 *
 * @param stack the stack's name, exactly
 */
export async function readCatalogue(stores: readonly Store[], stack: string, signal?: AbortSignal): Promise<Catalogue> {
  const unreachable: Catalogue['unreachable'] = [];
  const found = await Promise.all(
    stores.map(async (store) => {
      try {
        return await readCopies(store, stack, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof SlipwayError)) throw error;
        unreachable.push({ store: store.name, problem: error.message });
        return [];
      }
    }),
  );
  const copies = found.flat().sort((a, b) => (a.set < b.set ? 1 : a.set > b.set ? -1 : 0));
  const bySet = [...new Set(copies.map(({ set }) => set))].map((id) => copies.filter(({ set }) => set === id));
  bySet.forEach(refuseOthers);
  return {
    stack,
    sets: bySet.flatMap(merged),
    incomplete: copies.flatMap(incompleteOf),
    unreachable,
    warnings: copies.flatMap(({ warning }) => warning ?? []),
  };
}

/** Two whole copies with different content are two runs of the same second, by different hosts: one name, two sets. */
function refuseOthers(copies: Copy[]): void {
  const [first, ...rest] = copies.filter(({ fault }) => fault === undefined);
  for (const copy of rest) {
    if (!first?.manifest || !copy.manifest || writeManifest(copy.manifest) === writeManifest(first.manifest)) continue;
    copy.fault = { kind: 'damaged', problem: `is another set than the one of the same name in ${first.store}` };
  }
}

function merged(copies: Copy[]): CataloguedSet[] {
  const whole = copies.filter(({ fault }) => fault === undefined);
  const manifest = whole[0]?.manifest;
  if (manifest === undefined) return [];
  return [
    {
      manifest,
      verified: whole
        .flatMap(({ verified }) => verified ?? [])
        .sort(byTime)
        .at(-1),
      pinned: copies.some(({ pinned }) => pinned),
      stores: whole.map(({ store }) => store),
    },
  ];
}

function byTime(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}

function incompleteOf({ set, store, fault, pinned, touched }: Copy): IncompleteSet[] {
  return fault ? [{ set, store, fault: fault.kind, problem: fault.problem, pinned, touched: touched.toISOString() }] : [];
}
