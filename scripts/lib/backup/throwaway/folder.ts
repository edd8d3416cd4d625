import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PREFIX = 'work-';

/**
 * Does something in a folder of its own, which is gone afterwards. What a killed run left is removed first, its servers
 * ended: call it while holding the backup lock, which nobody else can hold then.
 *
 * @param root a folder on a volume with room
 */
export async function inScratch<T>(root: string, action: (folder: string) => Promise<T>): Promise<T> {
  removeLeftOvers(root);
  const folder = join(root, `${PREFIX}${process.pid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    return await action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function removeLeftOvers(root: string): void {
  for (const name of readdirSync(root).filter((entry) => entry.startsWith(PREFIX))) {
    endServers(join(root, name));
    rmSync(join(root, name), { recursive: true, force: true });
  }
}

/** A throwaway server outlives a run that was killed; its pid file says which process it is. */
function endServers(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(^|\/)(postmaster\.pid|redis\.pid)$/.test(path),
  );
  for (const file of files) {
    const pid = Number.parseInt(readFileSync(join(folder, file), 'utf8'), 10);
    if (pid > 1 && isServer(pid)) process.kill(pid, 'SIGKILL');
  }
}

/** The number may belong to another process by now. */
function isServer(pid: number): boolean {
  try {
    return /^(postgres|redis-server)/.test(readFileSync(`/proc/${pid}/comm`, 'utf8'));
  } catch {
    return false;
  }
}
