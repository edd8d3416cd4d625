import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import type { DeckRequest, Hello } from '../../../scripts/lib/engine/deck/protocol.js';

/**
 * Counts the system calls that change something, and kills the process just before one of them; where that one writes, after
 * half of it.
 */
const KILLER = `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
let left = Number(process.env.KILL_AT);
for (const name of ['openSync', 'writeFileSync', 'fsyncSync', 'closeSync', 'renameSync', 'rmSync']) {
  const call = fs[name];
  fs[name] = (...args) => {
    if (--left === 0) {
      if (name === 'writeFileSync') call(args[0], args[1].slice(0, args[1].length / 2));
      process.kill(process.pid, 'SIGKILL');
    }
    return call(...args);
  };
}
syncBuiltinESMExports();
`;

/** The deck's own program as a plain process: it only needs a folder. */
export class DeckProgram {
  readonly #folder = mkdtempSync(join(tmpdir(), 'deck-'));

  constructor() {
    const entry = join(projectRoot, 'scripts/lib/engine/deck/program.ts');
    const outfile = join(this.#folder, 'program.mjs');
    buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm' });
    writeFileSync(join(this.#folder, 'killer.mjs'), KILLER);
  }

  /** @returns a new folder for a journal, with what another one holds */
  folder(like?: string): string {
    const folder = mkdtempSync(join(this.#folder, 'journal-'));
    if (like) cpSync(like, folder, { recursive: true });
    return folder;
  }

  /**
   * Lets the program open the journal, answer and end.
   *
   * @param limit how long a file of the journal may be (bytes)
   * @param killAt before which change it is killed, the first being 1; 0: it is not
   * @returns its first words; undefined when it was killed
   */
  run(folder: string, limit: number, requests: readonly Question[] = [], killAt = 0): Hello | undefined {
    const input = requests.map((request, index) => `${JSON.stringify({ id: index + 1, ...request })}\n`).join('');
    const { stdout, stderr, signal } = spawnSync(
      process.execPath,
      ['--import', join(this.#folder, 'killer.mjs'), join(this.#folder, 'program.mjs'), folder, String(limit)],
      { input, encoding: 'utf8', env: { KILL_AT: String(killAt) } },
    );
    if (signal === 'SIGKILL') return undefined;
    const replies = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { ok: boolean; result: unknown }); // prettier-ignore
    if (replies.length !== requests.length + 1 || !replies.every(({ ok }) => ok)) throw new Error(`${stdout}\n${stderr}`);
    return replies[0]?.result as Hello;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

type Question = DeckRequest extends infer One ? (One extends { id: number } ? Omit<One, 'id'> : never) : never;

/** @returns the files of a folder, as the deployer's reader takes them */
export function filesIn(folder: string): Map<string, string> {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
