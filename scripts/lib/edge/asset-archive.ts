import { addAbortSignal, pipeline, type Readable } from 'node:stream';
import { pipeline as piped } from 'node:stream/promises';
import { extract, type Pack, pack } from 'tar-stream';
import { SlipwayError } from '../errors.js';

/** A folder of a service's image. */
export interface AssetSource {
  service: string;
  /** Inside the container, for the person. */
  folder: string;
  /** Where the service serves it; begins and ends with "/". */
  at: string;
  /** @returns the folder as the engine gives it: a tar archive of it, its own name first */
  open: () => Promise<Readable>;
}

/** What an archive may hold at most: a folder that is something else than assets is noticed before it fills the edge's disk. */
export interface AssetLimits {
  bytes: number;
  entries: number;
}

/** What went into an archive. */
export interface AssetTotals {
  files: number;
  entries: number;
  /** Links and devices, which are left out. */
  skipped: number;
  bytes: number;
  /** Of each service, the path under which its first file is served. */
  first: Map<string, string>;
}

/** The last file of an archive. One that was cut off does not have it. */
export const ASSETS_MARK = 'kept.json';

const LIMITS: AssetLimits = { bytes: 1024 ** 3, entries: 100_000 };

/** An archive on its way into the edge, and what went into it, known when it has ended. */
export interface AssetArchive {
  body: AsyncIterable<Uint8Array>;
  totals: AssetTotals;
}

/**
 * Makes one archive of the folders, as `edge assets` takes it: files and folders alone, by service and path. It is made as it
 * is read; a file is never whole in memory. It throws before its end when a folder cannot be read, is none or is too large.
 */
export function packAssets(sources: readonly AssetSource[], signal: AbortSignal, limits = LIMITS): AssetArchive {
  const totals: AssetTotals = { files: 0, entries: 0, skipped: 0, bytes: 0, first: new Map() };
  const archive = pack();
  const filled = async () => {
    for (const source of sources) await copy(archive, source, totals, limits, signal);
    archive.entry({ name: ASSETS_MARK }, JSON.stringify({ files: totals.files, bytes: totals.bytes }));
    archive.finalize();
  };
  async function* body() {
    // Its failure ends the archive, and is told by whoever reads that.
    filled().catch((error: Error) => archive.destroy(error));
    yield* archive as AsyncIterable<Uint8Array>;
  }
  return { body: body(), totals };
}

async function copy(archive: Pack, source: AssetSource, totals: AssetTotals, limits: AssetLimits, signal: AbortSignal): Promise<void> {
  const entries = extract();
  // Failures of the source end the entries, which are read here.
  pipeline(addAbortSignal(signal, await source.open()), entries, () => {});
  const files = new Set<string>();
  const placeOf = (name: string) => `${source.service}${source.at}${name.split('/').slice(1).join('/')}`;
  for await (const entry of entries) {
    const { name, type, size = 0, mtime = new Date(0), linkname = '' } = entry.header;
    // Only the folder itself has no other before it.
    if (!name.includes('/') && type !== 'directory') throw noFolder(source, type === 'symlink' ? linkname : undefined);
    totals.entries++;
    totals.bytes += size;
    if (totals.bytes > limits.bytes || totals.entries > limits.entries) throw tooMuch(source, limits);
    const place = placeOf(name);
    const isFile = type === 'file' || (type === 'link' && files.has(placeOf(linkname)));
    if (type === 'directory') archive.entry({ name: place, type, mode: 0o755, mtime });
    else if (type === 'link' && isFile) archive.entry({ name: place, type, linkname: placeOf(linkname), mtime });
    else if (isFile) await piped(entry, archive.entry({ name: place, size, mode: 0o644, mtime }));
    else totals.skipped++;
    if (isFile) files.add(place);
    entry.resume();
  }
  totals.files += files.size;
  const [first] = files;
  if (first !== undefined && !totals.first.has(source.service)) totals.first.set(source.service, first.slice(source.service.length));
}

function noFolder(source: AssetSource, target: string | undefined): SlipwayError {
  const what = target === undefined ? 'is no folder' : `is a link to ${target}: name the folder itself`;
  return new SlipwayError(`${keyOf(source)}: ${source.folder} ${what}`);
}

function tooMuch(source: AssetSource, { bytes, entries }: AssetLimits): SlipwayError {
  const most = `${bytes / 1024 ** 2} MiB or ${entries} files`;
  return new SlipwayError(`${keyOf(source)}: there is more than ${most} in ${source.folder}`, {
    hints: ['name the folder of the files that have a hash in their names, and no other'],
  });
}

/** @returns how the app's Compose file calls it */
export function keyOf({ service }: Pick<AssetSource, 'service'>): string {
  return `services.${service}.x-slipway.assets`;
}
