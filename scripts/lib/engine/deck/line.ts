import { type Duplex, PassThrough } from 'node:stream';
import { exitCodes, SlipwayError } from '../../errors.js';
import type { Docker } from '../docker.js';
import type { DeckReply, Hello, ProbeResponse } from './protocol.js';

/** The line to a deck: what it said first, who waits for an answer, and whether it is gone. */
export interface Line {
  stream: Duplex;
  hello: Promise<Hello>;
  waiting: Map<number, { resolve: (result: ProbeResponse | null) => void; reject: (error: Error) => void }>;
  lost: { reason?: SlipwayError };
}

/**
 * Reads the deck's replies and hands each to whoever waits for it.
 *
 * @param journal the name of the journal's volume
 */
export function listen(docker: Docker, stream: Duplex, journal: string): Line {
  const out = new PassThrough();
  const err = new PassThrough();
  docker.api.modem.demuxStream(stream, out, err);
  const waiting: Line['waiting'] = new Map();
  const lost: Line['lost'] = {};
  let complaints = '';
  err.on('data', (chunk) => {
    complaints += chunk;
  });
  const hello = new Promise<Hello>((resolve, reject) => {
    let rest = '';
    out.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const reply = JSON.parse(line) as DeckReply;
        if (reply.id === 0 && reply.ok) resolve(reply.result as Hello);
        // It ends after that: what was lost is then no lock.
        if (reply.id === 0 && !reply.ok) lost.reason ??= refusal(reply.error, journal);
        const asker = waiting.get(reply.id);
        waiting.delete(reply.id);
        if (reply.ok) asker?.resolve(reply.result as ProbeResponse | null);
        else asker?.reject(refusal(reply.error, journal));
      }
    });
    const ended = () => {
      lost.reason ??= new SlipwayError('the lock is lost: this operation\'s helper container ("deck") is gone', {
        details: complaints.split('\n').filter(Boolean).slice(-5),
        hints: ['type: npx zx scripts/status.mjs   to see what is live'],
        exitCode: exitCodes.attention,
      });
      reject(lost.reason);
      for (const { reject: refuse } of waiting.values()) refuse(lost.reason);
      waiting.clear();
    };
    stream.once('end', ended);
    stream.once('close', ended);
    stream.once('error', ended);
  });
  hello.catch(() => {});
  return { stream, hello, waiting, lost };
}

/** Out of space, out of quota, or a disk that the system has made read-only after errors. */
const UNWRITABLE = /^(ENOSPC|EDQUOT|EROFS|EIO)\b/;

/** @returns what the deck says went wrong, as an error that names the place and the way out; pure */
export function refusal(error: string, journal: string): SlipwayError {
  if (!UNWRITABLE.test(error)) return new SlipwayError(`the deck could not do what was asked: ${error}`);
  return new SlipwayError(`the journal cannot be written (the volume ${journal}): ${error}`, {
    hints: ["make room on the engine's disk: docker system df   shows what takes it", 'then type the command again'],
  });
}
