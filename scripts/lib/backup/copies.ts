import { z } from 'zod';
import { messageOf, SlipwayError } from '../errors.js';
import { folderOf, keyOf, MANIFEST, momentOf, PINNED, VERIFIED } from './keys.js';
import { ManifestError, readManifest } from './manifest.js';
import type { Manifest } from './set.js';
import { MissingError } from './store/errors.js';
import type { Store, StoredEntry } from './store/store.js';

/**
 * What is wrong with a copy: its run never came to the end (or is going on), something of it is damaged, or nobody knows
 * since the store did not hand its manifest out.
 */
export type Fault = 'unfinished' | 'damaged' | 'unreadable';

/** What one store has of one set. */
export interface Copy {
  set: string;
  store: string;
  pinned: boolean;
  /** When anything in its folder was last written. */
  touched: Date;
  /** What the manifest says, when it can be relied on. */
  manifest: Manifest | undefined;
  /** Undefined: it is whole. */
  fault: { kind: Fault; problem: string } | undefined;
  /** When a drill last restored it (ISO 8601). */
  verified: string | undefined;
  /** A mark that says nothing. */
  warning: string | undefined;
}

/** A manifest with rows of a hundred thousand tables is smaller; a larger one is not read into memory. */
const LARGEST_BYTES = 32 * 1024 ** 2;
/** Requests to one store at a time: enough to hide its latency. */
const AT_ONCE = 8;

const verifiedMark = z.strictObject({ verified: z.iso.datetime(), seconds: z.number().nonnegative() });

/**
 * Lists a stack's folder of a store, and reads the manifests and marks in it.
 *
 * @returns a copy for each folder that is named like a set, in no certain order; one that is damaged hides no other
 * @throws StoreError when the store cannot be listed
 */
export async function readCopies(store: Store, stack: string, signal?: AbortSignal): Promise<Copy[]> {
  const folders = new Map<string, Map<string, StoredEntry>>();
  const root = `${stack}/`;
  for await (const entry of store.list(root)) {
    const [, set = '', name = ''] = entry.key.startsWith(root) ? (/^([^/]+)\/(.+)$/.exec(entry.key.slice(root.length)) ?? []) : [];
    if (momentOf(set) === undefined) continue;
    folders.set(set, (folders.get(set) ?? new Map()).set(name, entry));
  }
  return severalAtOnce([...folders], ([set, entries]) => readCopy(store, stack, set, entries, signal));
}

type Entries = ReadonlyMap<string, StoredEntry>;

async function readCopy(store: Store, stack: string, set: string, entries: Entries, signal?: AbortSignal): Promise<Copy> {
  const copy: Copy = {
    set,
    store: store.name,
    pinned: entries.has(PINNED),
    touched: new Date(Math.max(...[...entries.values()].map(({ modified }) => modified.getTime()))),
    manifest: undefined,
    fault: undefined,
    verified: undefined,
    warning: undefined,
  };
  try {
    copy.manifest = readManifest(await contentOf(store, keyOf(stack, set, MANIFEST), entries.get(MANIFEST), signal));
    const problem = problemOf(copy.manifest, stack, set, entries);
    if (problem !== undefined) copy.fault = { kind: 'damaged', problem };
  } catch (error) {
    copy.fault = faultOf(error, signal);
  }
  if (entries.has(VERIFIED)) await readVerified(copy, store, stack, entries, signal);
  return copy;
}

function faultOf(error: unknown, signal: AbortSignal | undefined): Copy['fault'] {
  signal?.throwIfAborted();
  if (error instanceof MissingError) return { kind: 'unfinished', problem: 'has no manifest: its run was killed, or is still going on' };
  if (error instanceof ManifestError) return { kind: 'damaged', problem: error.message };
  if (error instanceof SlipwayError) return { kind: 'unreadable', problem: `the manifest cannot be read: ${error.message}` };
  throw error;
}

/** @returns what keeps a copy with this manifest from being whole */
function problemOf(manifest: Manifest, stack: string, set: string, entries: Entries): string | undefined {
  if (manifest.stack !== stack || manifest.set !== set) return `the manifest is of another set: ${folderOf(manifest.stack, manifest.set)}`;
  const problems = manifest.objects.flatMap(({ name, stored }) => {
    const found = entries.get(name);
    if (found === undefined) return [`${name} is missing`];
    return found.bytes === stored.bytes ? [] : [`${name} has ${found.bytes} bytes instead of ${stored.bytes}`];
  });
  return problems.length === 0 ? undefined : problems.join(', ');
}

async function readVerified(copy: Copy, store: Store, stack: string, entries: Entries, signal?: AbortSignal): Promise<void> {
  const key = keyOf(stack, copy.set, VERIFIED);
  try {
    const content = await contentOf(store, key, entries.get(VERIFIED), signal);
    copy.verified = verifiedMark.parse(JSON.parse(content.toString())).verified;
  } catch (error) {
    signal?.throwIfAborted();
    const known = error instanceof SlipwayError || error instanceof SyntaxError || error instanceof z.ZodError;
    if (!known) throw error;
    const reason = error instanceof z.ZodError ? 'it does not have the shape of one' : messageOf(error);
    copy.warning = `${store.name}: ${key}: the mark cannot be read, so the set counts as never verified: ${reason}`;
  }
}

async function contentOf(store: Store, key: string, entry: StoredEntry | undefined, signal?: AbortSignal): Promise<Buffer> {
  if (entry === undefined) throw new MissingError(`${store.name}: there is no ${key}`);
  if (entry.bytes > LARGEST_BYTES) throw new ManifestError(`${key} has ${entry.bytes} bytes, which is too many for what it should be`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.get(key, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function severalAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const waiting = items.values();
  const results: R[] = [];
  // One iterator that all of them take from.
  const worker = async () => {
    for (const item of waiting) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
