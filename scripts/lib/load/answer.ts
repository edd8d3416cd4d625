/** What a server answered to one request. */
export interface Answer {
  status: number;
  /** The release that answered, as the edge names it. */
  release: string | undefined;
  /** Whether the server takes another request on the same connection. */
  keepsAlive: boolean;
}

/** The bytes are no HTTP/1.1 answer, or not the whole of one. */
export class AnswerError extends Error {}

/**
 * Reads the answer to one request (RFC 9112); pure. An answer counts only when all of it is there: one that ends early was
 * lost for its client, whatever its status line says.
 *
 * @param text what has come so far, a character a byte (latin1)
 * @param ended whether the server has ended the connection
 * @returns the answer, or undefined while more of it has to come
 * @throws AnswerError when it can never become a whole one
 */
export function readAnswer(text: string, ended: boolean): Answer | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  const head = headEnd < 0 ? undefined : text.slice(0, headEnd);
  const end = head === undefined ? undefined : endOf(head, text, headEnd + 4, ended);
  if (head === undefined || end === undefined) {
    if (ended) throw new AnswerError(text === '' ? 'closed without an answer' : 'the answer was cut short');
    return undefined;
  }
  if (end < text.length) throw new AnswerError('more came than one answer');
  return { status: statusOf(head), release: fieldOf(head, 'x-release'), keepsAlive: !/\bclose\b/i.test(fieldOf(head, 'connection') ?? '') };
}

/** @returns where the answer's body ends; undefined while it does not */
function endOf(head: string, text: string, bodyStart: number, ended: boolean): number | undefined {
  const status = statusOf(head);
  if (status === 204 || status === 304) return bodyStart;
  if (/\bchunked\b/i.test(fieldOf(head, 'transfer-encoding') ?? '')) return endOfChunks(text, bodyStart);
  const length = fieldOf(head, 'content-length');
  // Without a length the end of the connection is the end of the body.
  if (length === undefined) return ended ? text.length : undefined;
  const end = bodyStart + Number(length);
  return text.length < end ? undefined : end;
}

function endOfChunks(text: string, bodyStart: number): number | undefined {
  let at = bodyStart;
  while (true) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = /^[0-9a-f]+/i.exec(text.slice(at, lineEnd))?.[0];
    if (size === undefined) throw new AnswerError('a chunk of the answer has no size');
    // The last chunk has no bytes; fields may follow it, and an empty line ends them.
    if (Number.parseInt(size, 16) === 0) {
      const last = text.indexOf('\r\n\r\n', lineEnd);
      return last < 0 ? undefined : last + 4;
    }
    at = lineEnd + 2 + Number.parseInt(size, 16) + 2;
    if (at > text.length) return undefined;
  }
}

function statusOf(head: string): number {
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(head)?.[1];
  if (status === undefined) throw new AnswerError('what came is not HTTP/1');
  return Number(status);
}

/** @param name in lower case */
function fieldOf(head: string, name: string): string | undefined {
  // Many heads are read a second, and most have no such field: a search costs less than taking each apart.
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at < 0) return undefined;
  const end = head.indexOf('\r\n', at + 2);
  return head.slice(at + name.length + 3, end < 0 ? undefined : end).trim();
}
