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

/** Reads the deck's replies and hands each to whoever waits for it. */
export function listen(docker: Docker, stream: Duplex): Line {
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
        const asker = waiting.get(reply.id);
        waiting.delete(reply.id);
        if (reply.ok) asker?.resolve(reply.result as ProbeResponse | null);
        else asker?.reject(new SlipwayError(`the deck could not do what was asked: ${reply.error}`));
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
