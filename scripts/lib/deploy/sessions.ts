import { randomUUID } from 'node:crypto';
import type { Config } from '../config/load.js';
import { maskSecrets } from '../config/secret.js';
import { appendLine } from '../engine/append-line.js';
import { operator } from '../engine/deck/holder.js';
import { SESSIONS_FILE, SESSIONS_OLDER } from '../engine/deck/protocol.js';
import { messageOf, SlipwayError } from '../errors.js';
import { type JournalFiles, parseLines } from './journal.js';
import type { Stack } from './stack.js';

/** What a person did in a container, by `exec` or `psql`. */
export interface SessionAbout {
  command: 'exec' | 'psql';
  service: string;
  /** Null for the base's services. */
  colour: string | null;
  replica: number;
  container: string;
  /** The program's name. What else was typed may hold passwords and data of people, so it is nowhere kept. */
  program: string;
  /** Of psql. */
  database: string | null;
  role: string | null;
}

/** The same as the journal tells it. */
export interface Session extends SessionAbout {
  id: string;
  by: string;
  /** When it began, ISO 8601. */
  at: string;
  /** How long it took (milliseconds), and how the program ended; null while it goes on, and for good when its client was killed. */
  ms: number | null;
  exitCode: number | null;
}

type Began = { kind: 'began'; id: string; at: string; by: string } & SessionAbout;
type Ended = { kind: 'ended'; id: string; at: string; exitCode: number; ms: number };

/**
 * Does the work between two records in a file beside the journal: that it begins is on the disk before it does.
 *
 * Sessions take no lock, and so do not go through a deck. One that held the lock would keep deploys away for as long as somebody
 * sits in a shell, one that needed it would be refused when it is needed most, while a deploy goes wrong; and even one that took it
 * for two moments alone would, at these, refuse a deploy of somebody else, and use fencing tokens up. Nothing is lost without it:
 * the lock guards what is changed, and a session's records change nothing that an operation reads. They stand in a file of
 * their own because the journal has one writer, who closes and shortens it, and whose last records recovery goes by. Appending
 * to it is all that is ever done without the lock; closing it, when it has grown, is left to who holds it (segments.ts).
 *
 * @param work returns an exit code
 * @param warn told when the end could not be written: how the work ended is what counts then
 * @throws SlipwayError, before anything is done, when the beginning cannot be written
 */
export async function journaledSession(
  { config, docker }: Stack,
  about: SessionAbout,
  work: () => Promise<number>,
  warn: (text: string) => void,
): Promise<number> {
  const file = { volume: config.names.volumes.journal, file: SESSIONS_FILE, image: config.settings.NODE_IMAGE, stack: config.names.base };
  const write = (record: Began | Ended) => appendLine(docker, file, JSON.stringify(record));
  const id = randomUUID();
  try {
    await write({ kind: 'began', id, at: new Date().toISOString(), by: operator(), ...about, program: programOf(about.program, config) });
  } catch (cause) {
    throw unwritten(cause, about.container);
  }
  const began = performance.now();
  const exitCode = await work();
  const ms = Math.round(performance.now() - began);
  await write({ kind: 'ended', id, at: new Date().toISOString(), exitCode, ms }).catch((error: unknown) => {
    warn(`the end of this session could not be journaled: ${messageOf(error)}`);
  });
  return exitCode;
}

/** Somebody may have put a password where the program's name belongs. */
function programOf(program: string, { secrets }: Config): string {
  return maskSecrets(program.split('/').at(-1) ?? '', secrets).slice(0, 64);
}

function unwritten(cause: unknown, container: string): SlipwayError {
  return new SlipwayError(`that this session begins cannot be journaled: ${messageOf(cause)}`, {
    cause,
    details: cause instanceof SlipwayError ? cause.details : [],
    hints: [`mend that first; where there is no time for it, without a trace: docker exec -it ${container} sh`],
  });
}

/** @returns the sessions that the journal's files tell of, the newest first; pure */
export function sessionsIn(files: JournalFiles): Session[] {
  const sessions = new Map<string, Session>();
  for (const name of [SESSIONS_OLDER, SESSIONS_FILE]) {
    for (const record of parseLines<Began | Ended>(files.get(name) ?? '')) {
      if (record.kind === 'began') {
        const { kind: _, ...session } = record;
        sessions.set(record.id, { ...session, ms: null, exitCode: null });
      } else {
        const known = sessions.get(record.id);
        if (known) Object.assign(known, { ms: record.ms, exitCode: record.exitCode });
      }
    }
  }
  return [...sessions.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
