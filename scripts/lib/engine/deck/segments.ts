/**
 * The journal's files, as the deck's program finds and leaves them. It runs where only Node's own modules are.
 *
 * The journal is written to one file. When that has grown, it is closed by being renamed, which happens or does not, and a
 * new one begins with a record that names it. Nothing is copied: no record is lost or there twice, wherever a crash comes.
 */
import { existsSync, openSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { syncFolder, writeDurably } from './durable.js';
import { JOURNAL_FILE, SESSIONS_FILE, SESSIONS_OLDER, type Segment, segmentName, segmentsIn } from './protocol.js';

/** A file that is longer is closed (bytes): after some 120 deploys. */
export const SEGMENT_BYTES = 512 * 1024;
/** So many of the last records are told to whoever takes the lock. */
const TAIL = 400;
/** What counts however long ago it was: what is done once in the stack's life, releases, what was migrated. */
const KEPT = /"kind":"(once|release|migrated)"/;
/** Recovery looks for the last deploy or rollback, whatever else was done since. */
const BEGAN = /"kind":"began".*"command":"(deploy|rollback)"/;

export interface OpenJournal {
  /** To be appended to. */
  file: number;
  tail: unknown[];
  segments: Segment[];
}

/**
 * Opens the journal to append to it, and closes what has grown too long.
 *
 * @param token the operation's own: greater than any in the journal
 * @param limit how long a file may be (bytes)
 */
export function openJournal(folder: string, token: number, limit = SEGMENT_BYTES): OpenJournal {
  const path = `${folder}/${JOURNAL_FILE}`;
  closeSessions(folder, limit);
  if (textOf(path).length > limit) closeSegment(folder, path);
  if (!existsSync(path)) beginSegment(folder, path, token);
  const text = textOf(path);
  const file = openSync(path, 'a');
  // A crash can leave half a line at the end: it is closed with a line break and passed over when reading.
  if (text && !text.endsWith('\n')) writeFileSync(file, '\n');
  syncFolder(folder);
  const closed = segmentsIn(readdirSync(folder)).map((name) => ({ name, text: textOf(`${folder}/${name}`) }));
  const lines = [...closed.flatMap((segment) => linesOf(segment.text)), ...linesOf(text)];
  return { file, tail: tailOf(lines).flatMap(parseLine), segments: closed.map(describe) };
}

/**
 * Sessions are appended without the lock, by any number at once, and nothing asks for old ones: the part before is let go (some
 * 1,500 sessions a part). Whoever has the file open at this moment writes into the closed one, which is read as well.
 */
function closeSessions(folder: string, limit: number): void {
  const path = `${folder}/${SESSIONS_FILE}`;
  if (existsSync(path) && statSync(path).size > limit) renameSync(path, `${folder}/${SESSIONS_OLDER}`);
}

/** Under the token of its first record, which no other file begins with. */
function closeSegment(folder: string, path: string): void {
  const [first] = linesOf(textOf(path)).flatMap(parseLine);
  const name = `${folder}/${segmentName(Number((first as { token?: number } | undefined)?.token ?? 0))}`;
  if (existsSync(name)) return;
  renameSync(path, name);
  syncFolder(folder);
}

/** Whoever reads without the lock sees by the first record whether all that was before has been read as well. */
function beginSegment(folder: string, path: string, token: number): void {
  const after = segmentsIn(readdirSync(folder)).at(-1);
  if (after !== undefined) writeDurably(path, `${JSON.stringify({ at: new Date().toISOString(), kind: 'segment', token, after })}\n`);
}

function tailOf(lines: readonly string[]): string[] {
  const begun = lines.findLastIndex((line) => BEGAN.test(line));
  const from = Math.max(0, Math.min(lines.length - TAIL, begun < 0 ? lines.length : begun));
  return [...lines.slice(0, from).filter((line) => KEPT.test(line)), ...lines.slice(from)];
}

function describe({ name, text }: { name: string; text: string }): Segment {
  const lines = linesOf(text);
  const [last] = lines.slice(-1).flatMap(parseLine);
  return {
    name,
    bytes: Buffer.byteLength(text),
    records: lines.length,
    kept: lines.filter((line) => KEPT.test(line)).length,
    until: (last as { at?: string } | undefined)?.at,
  };
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

function parseLine(line: string): unknown[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return []; // half a line, see above
  }
}
