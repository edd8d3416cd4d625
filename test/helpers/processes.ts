import { execFileSync } from 'node:child_process';
import type Dockerode from 'dockerode';

/** Reads /proc inside the container: the engine's own `top` needs a `ps` on its machine, which a small one does not have. */
const SCRIPT = `
for folder in /proc/[0-9]*; do
  pid=\${folder#/proc/}
  [ "$pid" = "$$" ] && continue
  uid=$(sed -n 's/^Uid:[[:space:]]*\\([0-9]*\\).*/\\1/p' "$folder/status" 2>/dev/null) || continue
  printf '%s %s %s\\n' "$pid" "$uid" "$(tr '\\0' ' ' < "$folder/cmdline" 2>/dev/null)"
done
`;

/** A process of a container. */
export interface Process {
  pid: number;
  uid: number;
  command: string;
}

/** @returns the processes of a running container, but for the one that looks */
export function processesOf(container: Pick<Dockerode.Container, 'id'>): Process[] {
  const lines = execFileSync('docker', ['exec', container.id, 'sh', '-c', SCRIPT], { encoding: 'utf8' }).trim().split('\n');
  return lines.flatMap((line) => {
    const match = /^(\d+) (\d+) (.*)$/.exec(line);
    return match ? [{ pid: Number(match[1]), uid: Number(match[2]), command: (match[3] ?? '').trim() }] : [];
  });
}
