import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { exitCodes, messageOf, SlipwayError, UsageError } from '../../../errors.js';

/** How long an editor that was asked to end may take (milliseconds). */
const GRACE_MS = 2_000;

/**
 * @param environment where VISUAL and EDITOR are looked for, as every program does that opens an editor
 * @returns the editor and its first arguments, such as `code --wait`; vi where nothing is set
 */
export function editorCommand({ VISUAL, EDITOR }: NodeJS.ProcessEnv): [string, ...string[]] {
  const [program = 'vi', ...rest] = (VISUAL || EDITOR || 'vi').trim().split(/\s+/).filter(Boolean);
  return [program, ...rest, ...withoutCopies(program)];
}

/** vim keeps copies of what it edits in places of its own: undo and backup folders, registers. */
function withoutCopies(program: string): string[] {
  if (!['vim', 'nvim'].includes(basename(program))) return [];
  return ['-n', '-i', 'NONE', '-c', 'set nobackup nowritebackup noundofile'];
}

/**
 * Opens a file in an editor and waits until it is closed.
 *
 * @param output the file descriptor that the editor's output goes to
 * @param signal ends the editor; it is asked to, and killed when it does not
 * @throws SlipwayError when the editor failed or was ended; UsageError when there is no such program
 */
export async function runEditor(
  [program, ...rest]: [string, ...string[]],
  file: string,
  output: number,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) throw interrupted();
  const child = spawn(program, [...rest, file], { stdio: ['inherit', output, 'inherit'] });
  let killing: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const how = await new Promise<string>((resolve, reject) => {
      child.once('error', (error) => reject(cannotStart(program, error)));
      child.once('close', (code, by) => resolve(code === 0 ? '' : by === null ? `ended with exit code ${code}` : `was ended by ${by}`));
    });
    if (signal.aborted) throw interrupted();
    if (how) throw new SlipwayError(`the editor ${program} ${how}; nothing was changed`);
  } finally {
    clearTimeout(killing);
    signal.removeEventListener('abort', end);
  }
}

function interrupted(): SlipwayError {
  return new SlipwayError('interrupted; nothing was changed', { exitCode: exitCodes.interrupted });
}

function cannotStart(program: string, error: Error): UsageError {
  const there = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such program' : messageOf(error);
  return new UsageError(`the editor ${program}: ${there}`, { hints: ['set VISUAL or EDITOR to one, such as EDITOR=nano'] });
}
