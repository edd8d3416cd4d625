import type { CataloguedSet, Kind, Manifest, StoredObject } from '../../../scripts/lib/backup/set.js';
import { setId } from '../../../scripts/lib/backup/set.js';

/** @returns an object of `bytes` stored bytes; the checksums are not those of any content */
export function storedObject(name: string, kind: Kind = 'postgres', bytes = 10): StoredObject {
  const digest = { bytes, sha256: 'ab'.repeat(32) };
  return { name, kind, source: 'app', plain: { ...digest, bytes: bytes * 5 }, stored: digest, seconds: 1.25 };
}

/** @returns the manifest of a whole set of the stack "shop" whose run began then */
export function manifestOf(began: string | Date, rest: Partial<Manifest> = {}): Manifest {
  const moment = new Date(began);
  return {
    format: 1,
    set: setId(moment),
    stack: 'shop',
    reason: 'schedule',
    began: moment.toISOString(),
    ended: new Date(moment.getTime() + 90_000).toISOString(),
    kinds: ['postgres', 'redis', 'files', 'config'],
    release: 'v1.2',
    recipients: [],
    versions: { slipway: '0.1.0', postgres: '18.1', pgDump: '18.1', redis: '8.0.2' },
    objects: [],
    ...rest,
  };
}

export function cataloguedSet(began: string | Date, rest: Partial<CataloguedSet> = {}, manifest: Partial<Manifest> = {}): CataloguedSet {
  return { manifest: manifestOf(began, manifest), verified: undefined, pinned: false, stores: ['local'], ...rest };
}

/** @returns the ids of some sets, in their order */
export const ids = (sets: readonly { set: CataloguedSet }[]): string[] => sets.map(({ set }) => set.manifest.set);
