import { PassThrough, type Readable } from 'node:stream';
import type { RunEvent } from '../backup/run/event.js';
import type { SidecarLine } from '../backup/sidecar/protocol.js';
import type { Reply } from '../backup/sidecar/restore-results.js';
import { CronError } from './error.js';

/** What a command says before its last line. */
export type SpokenLine = Exclude<SidecarLine, { event: 'result' | 'error' }>;

/** A command in the cron container that is asked question after question. It ends when this process does. */
export interface CronSession<Question, Result> {
  /**
   * @returns the answer
   * @throws CronError with the command's own words and exit code; also when it ends without an answer
   */
  ask: <Answer>(question: Question) => Promise<Answer>;
  /** Says something that has no answer. */
  say: (question: Question) => void;
  /** Whether the command has ended, and so answers no more. */
  isOver: () => boolean;
  /** Asks nothing more, and waits for the end. */
  end: () => Promise<Result>;
}

/** @param run starts the command with that standard input; resolves with its last line */
export function openSession<Question extends object, Result>(
  run: (stdin: Readable, onLine: (line: SpokenLine) => void) => Promise<Result>,
  onEvent: (event: RunEvent) => void,
): CronSession<Question, Result> {
  const stdin = new PassThrough();
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: unknown) => void }>();
  let count = 0;
  let over = false;
  const say = (question: Question, id = ++count) => void stdin.write(`${JSON.stringify({ id, ...question })}\n`);
  const result = run(stdin, (line) => {
    if (line.event === 'reply') settle(line);
    else onEvent(line);
  });
  result.then(ended, ended);

  function settle(reply: Reply): void {
    const asker = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.ok) asker?.resolve(reply.result as never);
    else asker?.reject(new CronError(reply.error.message, reply.error));
  }

  function ended(outcome: unknown): void {
    over = true;
    const error = outcome instanceof Error ? outcome : new CronError('the command in the cron container ended before it answered');
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (over) return reject(new CronError('the command in the cron container has ended'));
        const id = ++count;
        waiting.set(id, { resolve, reject });
        say(question, id);
      }),
    say: (question) => {
      if (!over) say(question);
    },
    isOver: () => over,
    end: () => {
      stdin.end();
      return result;
    },
  };
}
