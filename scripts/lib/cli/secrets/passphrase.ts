import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { readSmallFile } from '../../config/secrets/read-file.js';
import { exitCodes, SlipwayError, UsageError } from '../../errors.js';

/**
 * A passphrase never stands in the arguments, where every process of the machine could read it.
 *
 * @param file its first line is the passphrase; `-` is standard input; without it the person is asked
 * @returns the passphrase's bytes
 */
export async function readPassphrase(file: string | undefined): Promise<Buffer> {
  if (file === undefined) return Buffer.from(await askUnseen('Passphrase: '));
  const bytes = file === '-' ? await buffer(process.stdin) : await readSmallFile(file, '--passphrase-file');
  const end = bytes.indexOf('\n');
  const line = end === -1 ? bytes : bytes.subarray(0, end);
  const passphrase = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  if (passphrase.length === 0) throw new UsageError('--passphrase-file: its first line is empty');
  return passphrase;
}

/** Asks on the terminal, and shows nothing of what is typed. */
async function askUnseen(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new UsageError('a passphrase is needed, and there is no terminal to ask on', {
      hints: ['--passphrase-file FILE, or - for standard input'],
    });
  }
  // Written past readline, which repeats whatever goes through its output.
  process.stderr.write(question);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: unseen, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.once('line', resolve);
      terminal.once('SIGINT', () => reject(new SlipwayError('interrupted', { exitCode: exitCodes.interrupted })));
      terminal.once('close', () => reject(new UsageError('no passphrase was given')));
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
