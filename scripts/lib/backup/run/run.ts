import { SlipwayError } from '../../errors.js';
import { hasSnapshot } from '../kinds/config.js';
import type { Part } from '../kinds/part.js';
import { writeManifest } from '../manifest.js';
import { nameOf } from '../names.js';
import { readThrough } from '../pipe/unpack.js';
import { kinds as allKinds, type Kind, type Manifest, type Reason, type StoredObject, setId } from '../set.js';
import { putToAll } from '../store/several.js';
import type { Store } from '../store/store.js';
import type { Context } from './context.js';
import { progressOf } from './event.js';
import { planParts } from './parts.js';
import { liveRelease } from './snapshot.js';

export interface RunRequest {
  /** None: all. */
  kinds: readonly Kind[];
  reason: Reason;
}

/** How many seconds a run may move its beginning on. */
const ID_TRIES = 5;

/**
 * Makes one set: every part streams into every store, is read back from there, and the manifest is written last. A run
 * that fails on the way, or is killed, leaves no manifest and therefore no set. Call it while holding the backup lock.
 *
 * @throws SlipwayError naming the part that failed
 */
export async function makeSet(context: Context, { kinds, reason }: RunRequest): Promise<Manifest> {
  const { stores, stack, now, settings } = context;
  for (const store of stores) {
    for (const text of await store.probe(`${stack}/`)) context.tell({ event: 'warning', text });
    const swept = await store.sweep(`${stack}/`);
    if (swept > 0) context.tell({ event: 'note', text: `${store.name}: removed ${swept} uploads that a killed run had left open` });
  }
  const covered = kinds.length === 0 ? [...allKinds] : [...kinds];
  const { parts, versions } = await planParts(context, covered);
  if (covered.includes('config') && !hasSnapshot(context.paths.snapshot)) {
    context.tell({ event: 'note', text: 'config: nothing was deployed yet, so there is none' });
  }
  const began = await freeMoment(context);
  const set = setId(began);
  const stored: StoredObject[] = [];
  try {
    for (const part of parts) stored.push(await storePart(context, set, part));
    const manifest: Manifest = {
      format: 1,
      set,
      stack,
      reason,
      began: began.toISOString(),
      ended: now().toISOString(),
      kinds: covered,
      release: liveRelease(context.paths.snapshot),
      recipients: [...settings.BACKUP_AGE_RECIPIENTS],
      versions: { slipway: context.slipway, ...versions },
      objects: stored,
    };
    context.signal.throwIfAborted();
    await putToAll(stores, `${stack}/${set}/manifest.json`, once(Buffer.from(writeManifest(manifest))), context.signal);
    return manifest;
  } catch (error) {
    throw await withoutLeftOvers(context, set, stored, error);
  }
}

async function storePart(context: Context, set: string, part: Part): Promise<StoredObject> {
  const { stores, stack, settings, signal, tell } = context;
  const recipients = settings.BACKUP_AGE_RECIPIENTS;
  const name = nameOf(part.kind, part.source, set, recipients.length > 0);
  const began = performance.now();
  tell({ event: 'part-began', part: name, expected: part.expected });
  const packed = part.pack({ recipients, signal, onBytes: progressOf(name, tell) });
  try {
    await putToAll(stores, `${stack}/${set}/${name}`, packed.body, signal);
    const object: StoredObject = {
      name,
      kind: part.kind,
      source: part.source,
      ...packed.digests(),
      seconds: Math.round(performance.now() - began) / 1_000,
      ...(await part.facts?.()),
    };
    for (const store of stores) await readBack(store, `${stack}/${set}/${name}`, object, signal);
    const seconds = (performance.now() - began) / 1_000;
    tell({ event: 'part-done', part: name, bytes: object.plain.bytes, stored: object.stored.bytes, seconds });
    return object;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!(error instanceof SlipwayError)) throw error;
    throw new SlipwayError(`${part.source === part.kind ? '' : `${part.kind} `}${part.source}: ${error.message}`, {
      details: error.details,
      hints: error.hints,
      exitCode: error.exitCode,
      cause: error,
    });
  }
}

/** What a store says it has is believed only after it was read. */
async function readBack(store: Store, key: string, object: StoredObject, signal: AbortSignal): Promise<void> {
  try {
    await readThrough(store.get(key, signal), object);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    throw new SlipwayError(`read back from ${store.name}: ${error.message}`, { details: error.details, hints: error.hints, cause: error });
  }
}

/** Sets are named by the second in which they began: two runs within one would share a name. */
async function freeMoment({ stores, stack, now }: Context): Promise<Date> {
  const began = now();
  for (let second = 0; second < ID_TRIES; second++) {
    const moment = new Date(began.getTime() + second * 1_000);
    const taken = await Promise.all(stores.map((store) => hasAny(store, `${stack}/${setId(moment)}/`)));
    if (!taken.includes(true)) return moment;
  }
  throw new SlipwayError('the stores have sets of this very second already', { hints: ["look at this machine's clock"] });
}

async function hasAny(store: Store, prefix: string): Promise<boolean> {
  for await (const _ of store.list(prefix)) return true;
  return false;
}

/** Takes away what a failed run has stored; where that fails too, it joins the first error. */
async function withoutLeftOvers(
  { stores, stack }: Context,
  set: string,
  stored: readonly StoredObject[],
  error: unknown,
): Promise<unknown> {
  const keys = ['manifest.json', ...stored.map(({ name }) => name)].map((name) => `${stack}/${set}/${name}`);
  const failures = (await Promise.allSettled(stores.map((store) => store.remove(keys)))).filter((result) => result.status === 'rejected');
  if (failures.length === 0 || !(error instanceof SlipwayError)) return error;
  return new SlipwayError(error.message, {
    details: [
      ...error.details,
      `parts of ${set} could not be removed; without a manifest they count for nothing, and pruning removes them`,
    ],
    hints: error.hints,
    exitCode: error.exitCode,
    cause: error,
  });
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
