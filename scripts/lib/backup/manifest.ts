import { createHash } from 'node:crypto';
import { z } from 'zod';
import { messageOf, SlipwayError } from '../errors.js';
import { MANIFEST, PINNED, VERIFIED } from './keys.js';
import { kinds, type Manifest, setIdPattern } from './set.js';

/** A manifest that cannot be relied on; the message says why. */
export class ManifestError extends SlipwayError {}

/** The format that is written, and the only one that is read. */
const FORMAT = 1;

const text = z.string().min(1, 'should not be empty');
const count = z.int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'should be 64 hex digits');
const moment = z.iso.datetime({ error: 'should be a moment such as 2026-11-22T02:00:00.000Z' });
const digest = z.strictObject({ bytes: count, sha256: hash });

/** Names become keys and files: none may lead out of the set's folder, or be one of the set's own. */
const name = text
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'should be a plain name')
  .refine((value) => ![MANIFEST, VERIFIED, PINNED].includes(value), 'should not be a name that every set has');

const object = z.strictObject({
  name,
  kind: z.enum(kinds),
  source: text,
  plain: digest,
  stored: digest,
  seconds: z.number().nonnegative(),
  rows: z.record(text, count).exactOptional(),
  keys: z.strictObject({ total: count, expires: count }).exactOptional(),
});

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  set: z.string().regex(setIdPattern, 'should be a set id'),
  stack: text,
  reason: z.enum(['schedule', 'catch-up', 'command', 'deploy', 'restore']),
  began: moment,
  ended: moment,
  kinds: z.array(z.enum(kinds)).min(1).refine(isUnique, 'should name each kind once'),
  release: text.exactOptional(),
  recipients: z.array(text),
  versions: z.strictObject({
    slipway: text,
    postgres: text.exactOptional(),
    pgDump: text.exactOptional(),
    redis: text.exactOptional(),
  }),
  objects: z.array(object).refine((objects) => isUnique(objects.map((one) => one.name)), 'should have each name once'),
});

/**
 * @param manifest a set's description
 * @returns the file: JSON with an indent of two, a final newline, the members in one certain order. The last one is
 *   `checksum`, the SHA-256 of the same file without that member, which is what `jq 'del(.checksum)' | sha256sum` says
 */
export function writeManifest(manifest: Manifest): string {
  const { release, ...rest } = manifest;
  const ordered = manifestSchema.parse(release === undefined ? rest : { ...rest, release });
  return json({ ...ordered, checksum: checksumOf(ordered) });
}

/**
 * Reads a manifest, and lets nothing pass that `writeManifest` would not have written: a changed byte anywhere in the file,
 * be it white space, is found.
 *
 * @param content the file; bytes are taken as UTF-8
 * @throws ManifestError when it is damaged, not of this shape, or made by a newer Slipway
 */
export function readManifest(content: string | Uint8Array): Manifest {
  const given = typeof content === 'string' ? content : decode(content);
  const { checksum, ...rest } = membersOf(given);
  if (rest.format !== FORMAT) throw new ManifestError(formatProblem(rest.format));

  const result = manifestSchema.safeParse(rest);
  if (!result.success) {
    const details = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
    throw new ManifestError(`the manifest does not have the shape of one: ${details[0]}`, { details });
  }
  if (checksum !== checksumOf(result.data)) throw new ManifestError('the manifest is damaged: its checksum does not fit its content');
  const manifest: Manifest = { ...result.data, release: result.data.release };
  if (writeManifest(manifest) !== given) {
    throw new ManifestError('the manifest is damaged: its content is right, but it is not written the way Slipway writes it');
  }
  return manifest;
}

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function checksumOf(rest: unknown): string {
  return createHash('sha256').update(json(rest)).digest('hex');
}

/** A lenient decoder would turn different bytes into the same replacement character, and pass over a byte order mark. */
function decode(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw new ManifestError('the manifest is damaged: it is not UTF-8', { cause });
  }
}

function membersOf(given: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch (cause) {
    throw new ManifestError(`the manifest is not JSON: ${messageOf(cause)}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ManifestError('the manifest is not a JSON object');
  return value as Record<string, unknown>;
}

function formatProblem(format: unknown): string {
  return Number.isInteger(format) && Number(format) > FORMAT
    ? `the manifest was made by a newer Slipway: its format is ${format}, this one reads ${FORMAT}`
    : `the manifest has no known format: "format" should be ${FORMAT}, got ${JSON.stringify(format)}`;
}
