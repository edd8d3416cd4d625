/** What the deployer and its deck say to each other: one JSON object a line, over the deck's standard streams. */

/** An HTTP request for the deck to make from inside the stack's networks, on a connection of its own. */
export interface ProbeRequest {
  host: string;
  port: number;
  path: string;
  headers?: Record<string, string>;
  /** Use TLS. The certificate is not checked: it names the public host, and the way there is the stack's own network. */
  tls?: boolean;
  timeoutMs: number;
}

export interface ProbeResponse {
  /** 0 when there was no HTTP answer; `error` then says why. */
  status: number;
  headers: Record<string, string>;
  /** At most 64 KiB. */
  body: string;
  error?: string;
}

export type DeckRequest =
  | { id: number; do: 'append'; record: unknown }
  /** Puts a file beside the journal, whole or not at all. */
  | { id: number; do: 'keep'; name: string; text: string }
  /** Removes such files; those that are not there are no error. */
  | { id: number; do: 'forget'; names: readonly string[] }
  | { id: number; do: 'probe'; request: ProbeRequest }
  | { id: number; do: 'ping' };

export type DeckReply =
  /** The first line: the operation's fencing token, and what the journal held. */
  { id: 0; ok: true; result: Hello } | { id: number; ok: true; result: ProbeResponse | null } | { id: number; ok: false; error: string };

export interface Hello {
  /** Greater than that of every operation before. */
  token: number;
  /** The last records, oldest first, and before them what counts however long ago it was. */
  journal: unknown[];
  /** The closed parts of the journal, oldest first. */
  segments: Segment[];
}

/** A part of the journal that nothing is appended to any more. */
export interface Segment {
  /** Its file's. */
  name: string;
  bytes: number;
  records: number;
  /** How many of them may count however old they are: their kinds do. */
  kept: number;
  /** When its last record was written, ISO 8601; undefined when that is not to be read. */
  until: string | undefined;
}

/** Where the deck finds the journal's volume. */
export const JOURNAL_FOLDER = '/journal';
export const JOURNAL_FILE = 'journal.jsonl';
/** Who was in a container, by `exec` or `psql`; appended to without the lock, see deploy/sessions.ts. */
export const SESSIONS_FILE = 'sessions.jsonl';
/** What that file was until it had grown too long. */
export const SESSIONS_OLDER = 'sessions-older.jsonl';

/** @returns the name of a closed part of the journal, whose first record has that token */
export function segmentName(token: number): string {
  return `journal-${token}.jsonl`;
}

/** @returns those of the files that are closed parts of the journal, oldest first */
export function segmentsIn(files: readonly string[]): string[] {
  const token = (name: string) => Number(/^journal-(\d+)\.jsonl$/.exec(name)?.[1]);
  return files.filter((name) => !Number.isNaN(token(name))).sort((a, b) => token(a) - token(b));
}
