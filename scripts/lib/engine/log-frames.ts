/** One line of a container's log. */
export interface LoggedLine {
  /** When it was written, by the engine's clock: ISO 8601 in UTC with nine decimals, so that texts compare like times. */
  at: string;
  stream: 'stdout' | 'stderr';
  /** Without its line break. */
  text: string;
}

/** A program that never ends its line must not fill the memory: what is longer (bytes) is handed on in pieces. */
const LONGEST = 1024 * 1024;
const HEADER = 8;
/** `2026-11-25T15:31:09.347900570Z`: what the engine puts before each record, and a space. */
const STAMP = 30;

/** Makes lines of what the engine sends of a log, chunk by chunk. It holds no more than what is unfinished. */
export interface LogReader {
  push: (chunk: Buffer) => LoggedLine[];
  /** @returns what was left unfinished */
  end: () => LoggedLine[];
}

/**
 * Reads the engine's multiplexed form: a byte for the stream, three of nothing, four for the length, then a time and the text.
 *
 * The engine cuts lines of more than 16 KiB, wherever that falls in a character, into records of one time each; only the last
 * one ends with a line break (tried with Engine 26.1). So it is frames that are read and joined, and not lines.
 */
export function framedReader(): LogReader {
  let rest: Buffer = Buffer.alloc(0);
  const joiners = { stdout: joiner('stdout'), stderr: joiner('stderr') };
  return {
    push: (chunk) => {
      const lines: LoggedLine[] = [];
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (at + HEADER <= bytes.length) {
        const end = at + HEADER + bytes.readUInt32BE(at + 4);
        if (end > bytes.length) break;
        joiners[bytes[at] === 1 ? 'stdout' : 'stderr'].add(bytes.subarray(at + HEADER, end), lines);
        at = end;
      }
      rest = bytes.subarray(at);
      return lines;
    },
    end: () => [...joiners.stdout.flush(), ...joiners.stderr.flush()],
  };
}

/** Joins the records of one stream that are parts of the same line. */
function joiner(stream: LoggedLine['stream']) {
  let parts: Buffer[] = [];
  let length = 0;
  let at = '';
  const flush = (): LoggedLine[] => {
    if (parts.length === 0) return [];
    // Decoded as a whole: a character may have been cut in two.
    const text = (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)).toString('utf8');
    parts = [];
    length = 0;
    return [{ at, stream, text: withoutBreak(text) }];
  };
  const add = (record: Buffer, lines: LoggedLine[]) => {
    const space = record.indexOf(0x20);
    const stamp = momentOf(record.toString('latin1', 0, Math.max(0, Math.min(space, 40))));
    // The engine's own complaints about a log have no time: they count as of the line before.
    if (stamp !== undefined && parts.length === 0) at = stamp;
    const part = stamp === undefined ? record : record.subarray(space + 1);
    parts.push(part);
    length += part.length;
    if (part.at(-1) === 0x0a || length >= LONGEST) lines.push(...flush());
  };
  return { add, flush };
}

/** Reads the log of a container that has a terminal (`tty: true`): no frames, one stream, and lines that end with CR LF. */
export function terminalReader(): LogReader {
  let rest = '';
  let last = '';
  const decoder = new TextDecoder();
  const lineOf = (line: string): LoggedLine => {
    const stamp = line.slice(0, line.indexOf(' '));
    const at = momentOf(stamp);
    const text = line.replace(/\r$/, '');
    if (at === undefined) return { at: last, stream: 'stdout', text };
    last = at;
    // Parts of a long line have the time of its first one before them.
    return { at, stream: 'stdout', text: text.replaceAll(`${stamp} `, '') };
  };
  return {
    push: (chunk) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length >= LONGEST) {
        lines.push(rest);
        rest = '';
      }
      return lines.map(lineOf);
    },
    end: () => (rest === '' ? [] : [lineOf(rest)]),
  };
}

function withoutBreak(text: string): string {
  return text.endsWith('\n') ? text.slice(0, text.endsWith('\r\n') ? -2 : -1) : text;
}

/**
 * @param stamp a time as the engine writes it; some logging drivers use the engine's own zone
 * @returns the same in UTC with nine decimals; undefined when it is none
 */
function momentOf(stamp: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(stamp);
  if (!match) return undefined;
  if (stamp.length === STAMP && match[3] === 'Z') return stamp;
  const seconds = new Date(`${match[1]}${match[3]}`);
  return Number.isNaN(seconds.getTime()) ? undefined : `${seconds.toISOString().slice(0, 19)}.${(match[2] ?? '').padEnd(9, '0')}Z`;
}
