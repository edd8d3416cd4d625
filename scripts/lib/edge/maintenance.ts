import { isIP } from 'node:net';
import { parseDuration } from '../config/durations.js';
import type { ArchiveFile } from '../engine/archive.js';
import { UsageError } from '../errors.js';
import { lines } from './target.js';

/** How the edge turns the public away. */
export interface MaintenanceSettings {
  /** Addresses and networks whose clients pass as usual. */
  allow: readonly string[];
  /** What the page says; undefined: the edge's own words. */
  message: string | undefined;
  /** What Retry-After tells (seconds). */
  retryAfter: number;
}

/** Maintenance that is on. */
export interface Maintenance extends MaintenanceSettings {
  /** ISO 8601. */
  since: string;
}

/** The flags of `maintenance on` as they were typed. */
export type MaintenanceFlags = Partial<Record<'allow' | 'message' | 'retry-after', string>>;

export const maintenanceDefaults: MaintenanceSettings = { allow: [], message: undefined, retryAfter: 300 };

const OWN_WORDS = 'We are working on it and will be back soon.';
const LONGEST_MESSAGE = 200;
const LONGEST_RETRY_MS = 7 * 24 * 3_600_000;
/** Control and format characters (the two joiners that scripts need aside), and what breaks lines. */
const UNPRINTABLE = /[^\P{C}\u200C\u200D]|[\p{Zl}\p{Zp}]/u;

/**
 * Reads the flags. What no flag says is left out, so that it can stay as it is.
 *
 * @throws UsageError with a line for each problem
 */
export function parseMaintenance(flags: MaintenanceFlags): Partial<MaintenanceSettings> {
  const problems: string[] = [];
  const settings: { -readonly [Key in keyof MaintenanceSettings]?: MaintenanceSettings[Key] } = {};
  if (flags.allow !== undefined) settings.allow = parseAllow(flags.allow, problems);
  if (flags.message !== undefined) settings.message = parseMessage(flags.message, problems);
  if (flags['retry-after'] !== undefined) settings.retryAfter = parseRetryAfter(flags['retry-after'], problems);
  if (problems.length === 0) return settings;
  throw new UsageError(problems.length === 1 ? 'a flag has a problem' : `the flags have ${problems.length} problems`, {
    details: problems,
    hints: ['type: npx zx scripts/maintenance.mjs on --allow 203.0.113.7,10.0.0.0/8 --message "Back at noon." --retry-after 10m'],
  });
}

function parseAllow(text: string, problems: string[]): string[] {
  const entries = [...new Set(text.toLowerCase().split(/[\s,]+/))].filter(Boolean);
  if (entries.length === 1 && entries[0] === 'none') return [];
  if (entries.length === 0) problems.push('--allow: should be addresses or networks such as 203.0.113.7,10.0.0.0/8, or none');
  for (const entry of entries) {
    const problem = problemWith(entry);
    if (problem) problems.push(`--allow: ${problem}, got ${JSON.stringify(entry)}`);
  }
  return entries;
}

function problemWith(entry: string): string | undefined {
  const [address = '', bits, ...rest] = entry.split('/');
  // Node takes fe80::1%eth0 for an address, nginx does not.
  const longest = address.includes('%') ? undefined : { 0: undefined, 4: 32, 6: 128 }[isIP(address)];
  const wellFormed = longest !== undefined && rest.length === 0 && (bits === undefined || /^(0|[1-9]\d{0,2})$/.test(bits));
  if (!wellFormed || Number(bits ?? 0) > longest) return 'should be an address or a network such as 10.0.0.0/8';
  return bits === '0' ? 'should not be everybody (maintenance is off then: maintenance.mjs off)' : undefined;
}

function parseMessage(text: string, problems: string[]): string | undefined {
  const message = text.trim();
  const length = [...message].length;
  if (length > LONGEST_MESSAGE) problems.push(`--message: should be at most ${LONGEST_MESSAGE} characters long, got ${length}`);
  if (UNPRINTABLE.test(message)) problems.push(`--message: should be printable text in one line, got ${JSON.stringify(message)}`);
  return message || undefined;
}

function parseRetryAfter(text: string, problems: string[]): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds < 1_000 || milliseconds > LONGEST_RETRY_MS)
    problems.push(`--retry-after: should be a duration from 1s to 168h such as 5m, got ${JSON.stringify(text)}`);
  return Math.ceil((milliseconds ?? 0) / 1_000);
}

/** @returns whether both turn the same clients away with the same words */
export function sameSettings(one: MaintenanceSettings, other: MaintenanceSettings): boolean {
  const key = ({ allow, message, retryAfter }: MaintenanceSettings) => JSON.stringify([[...allow].sort(), message, retryAfter]);
  return key(one) === key(other);
}

/**
 * Renders a gate; pure. The variables are those of nginx/open/gate.conf.
 *
 * @param token the fencing token of the operation that closes it
 * @returns the gate's files, as nginx/bin/edge takes them
 */
export function renderGate(maintenance: Maintenance, token: number): ArchiveFile[] {
  const { allow, message, retryAfter } = maintenance;
  const text = message ?? OWN_WORDS;
  const files = {
    'gate.conf': lines(
      // geo looks at the client's address behind TRUSTED_PROXIES, as the log and the limits do.
      'geo $edge_kept_out {',
      '    default 1;',
      ...allow.map((network) => `    ${network} 0;`),
      '}',
      `map '' $edge_gate_token { default ${token}; }`,
      `map '' $edge_gate_retry_after { default ${retryAfter}; }`,
      `map '' $edge_gate_html { default '${forHtml(text)}'; }`,
      `map '' $edge_gate_json { default '${forJson(text)}'; }`,
    ),
    'gate.json': `${JSON.stringify(maintenance)}\n`,
  };
  return Object.entries(files).map(([path, content]) => ({ path, content, mode: 0o640 }));
}

/** Neither HTML, JSON nor nginx (quotes, "$", "\") reads anything into these. */
const PLAIN = /^[A-Za-z0-9 .,:!?()/-]$/;

/** Whatever could mean something is written as its number; that way nothing is left for nginx to read, either. */
function forHtml(text: string): string {
  return [...text].map((character) => (PLAIN.test(character) ? character : `&#${character.codePointAt(0)};`)).join('');
}

function forJson(text: string): string {
  // By UTF-16 units, as JSON counts.
  return text
    .split('')
    .map((unit) => (PLAIN.test(unit) ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`))
    .join('');
}
