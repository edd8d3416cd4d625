import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { inBase } from './backups.js';
import { type Hook, listenForPosts } from './hook.js';
import { engine } from './leftovers.js';
import type { Stack } from './stack.js';

const run = promisify(execFile);

/** A line of the daemon's log. */
export interface LogLine {
  time: string;
  level: string;
  event: string;
  message: string;
  job?: string;
  reason?: string;
}

/** What the daemon answers. */
export interface CronAnswer {
  status: number;
  body: string;
}

const ASK = `fetch('http://127.0.0.1:9190' + process.argv[1]).then(async (answer) =>
  process.stdout.write(JSON.stringify({ status: answer.status, body: await answer.text() })))`;

/** Asks the daemon from inside its container: nothing of it is published. */
export async function askCron(stack: Stack, path: string): Promise<CronAnswer> {
  const { id } = await stack.container('', 'cron');
  const { stdout } = await run('docker', ['exec', id, 'node', '-e', ASK, path]);
  return JSON.parse(stdout) as CronAnswer;
}

/** @returns the metrics by name and labels, without the stack's */
export async function cronMetrics(stack: Stack): Promise<Record<string, number>> {
  const { body } = await askCron(stack, '/metrics');
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', labels = '', value] = /^(\w+)\{(.*?),?stack="[^"]*"\} (\S+)$/.exec(line) ?? [];
      return [labels === '' ? name : `${name}{${labels}}`, Number(value)];
    }),
  );
}

/**
 * Calls a command of the cron container's program.
 *
 * @returns what it prints, a document a line
 */
export async function callCron(stack: Stack, ...words: string[]): Promise<Record<string, unknown>[]> {
  const { id } = await stack.container('', 'cron');
  const { stdout } = await run('docker', ['exec', id, 'backup', ...words]);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/**
 * Waits for a line of the daemon's log.
 *
 * @param since lines before it do not count
 */
export async function untilLogged(stack: Stack, since: Date, wanted: (line: LogLine) => boolean): Promise<LogLine> {
  const { id } = await stack.container('', 'cron');
  const child = spawn('docker', ['logs', '--follow', '--since', since.toISOString(), id], { stdio: ['ignore', 'pipe', 'inherit'] });
  const seen: string[] = [];
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      seen.push(text);
      const line = JSON.parse(text) as LogLine;
      if (line.time !== undefined && new Date(line.time) >= since && wanted(line)) return line;
    }
  } finally {
    child.kill();
  }
  throw new Error(`the container ended without that line:\n${seen.join('\n')}`);
}

/** Linux' own name of a process tells nothing: Node's is that of its main thread. */
const KILL = `found() {
    for dir in /proc/[0-9]*; do
      words=$(tr '\\0' ' ' 2>/dev/null < "$dir/cmdline")
      first=\${words%% *}
      [ "\${first##*/}" = "$1" ] || continue
      case "$words" in *"$2"*) echo "\${dir#/proc/}" ;; esac
    done
  }
  tries=0
  while [ -z "$(found "$1" "$2")" ] && [ "$tries" -lt "$3" ]; do tries=$((tries + 1)); done
  sleep "$4"
  for pid in $(found "$1" "$2"); do kill -9 "$pid" 2>/dev/null && echo hit; done; true`;

/**
 * Kills programs in the cron container with SIGKILL.
 *
 * @param words what else has to stand in its command line
 * @param options `wait`: how often to look until there is one; `after`: seconds that it then lives on
 * @returns whether there was one
 */
export function killInCron(stack: Stack, program: string, words = '', { wait = 0, after = 0 } = {}): boolean {
  return inBase(stack, 'cron', ['sh', '-c', KILL, 'sh', program, words, String(wait), after.toFixed(3)]).includes('hit');
}

/** The process of a run that somebody asked for, not the daemon. */
export function killRun(stack: Stack, when = {}): boolean {
  return killInCron(stack, 'node', ' run ', when);
}

/** Keeps backups from going on: pg_dump has to wait for a table that somebody has locked. @returns a function that lets go */
export async function blockBackups(stack: Stack): Promise<() => Promise<void>> {
  const { id } = await stack.container('', 'postgres');
  const words = ['exec', '-i', id, 'psql', '-h', '/var/run/postgresql', '-U', 'postgres', '-d', 'app', '-XAtq'];
  const child = spawn('docker', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdin.write(
    'CREATE TABLE IF NOT EXISTS blocking (id int);\nBEGIN;\nLOCK TABLE blocking IN ACCESS EXCLUSIVE MODE;\n\\echo locked\n',
  );
  for await (const line of createInterface({ input: child.stdout })) if (line === 'locked') break;
  return async () => {
    child.stdin.end();
    await ended;
  };
}

/** Waits until a backup has got as far as {@link blockBackups} lets it. */
export async function untilBlocked(stack: Stack): Promise<void> {
  const query = "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'slipway backup' AND wait_event_type = 'Lock'";
  await expect.poll(() => stack.sql(query), { timeout: 60_000, interval: 200 }).toEqual(['t']);
}

/** @returns this machine's own address in the network `backup`, where the cron container can reach it */
export async function gatewayOf(stack: Stack): Promise<string> {
  const { IPAM } = (await engine.getNetwork(`${stack.name}-backup`).inspect()) as { IPAM: { Config: { Gateway: string }[] } };
  return IPAM.Config[0]?.Gateway ?? '';
}

/** Listens where the cron container can reach it: on this machine's own address in the network `backup`. */
export async function listenForHooks(stack: Stack): Promise<Hook> {
  return listenForPosts(await gatewayOf(stack));
}

const MINUTE_MS = 60_000;

/** @returns the next full minute that is at least `least` milliseconds away, and a cron expression that fires then, once an hour */
export function nextMinute(least: number): { at: Date; expression: string } {
  const at = new Date(Math.ceil((Date.now() + least) / MINUTE_MS) * MINUTE_MS);
  return { at, expression: `${at.getUTCMinutes()} * * * *` };
}
