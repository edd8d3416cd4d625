import { inColumns } from '../config/columns.js';
import { formatBytes, formatDuration } from '../config/durations.js';
import { colours } from '../config/names.js';
import { isRunning } from '../deploy/journal.js';
import { backupLines } from './backups.js';
import type { ContainerStatus, Status } from './status.js';

type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;

/** @returns the status as one screen of lines; pure */
export function screen(status: Status, now: number, paint: Paint): string[] {
  const { live, running, problems } = status;
  return [
    `${paint('bold', status.stack)}  ${live ? paint('green', `${live.version} is live (${live.colour})`) : paint('yellow', 'no release is live')}`,
    ...canaryLine(status, paint),
    ...maintenanceLine(status, now, paint),
    ...(running ? [`running: ${running.command}, by ${running.by}, since ${running.since}`] : []),
    ...problems.map((problem) => paint('red', `! ${problem}`)),
    '',
    ...(status.base.length === 0 ? [] : [...table(status, now, paint), '']),
    'last operations',
    ...(status.operations.length === 0
      ? ['  none']
      : status.operations.map((operation, index) => `  ${operationLine(operation, now, index === 0 && isRunning(operation, running))}`)),
    '',
    ...backupLines(status.backups, now, paint),
    `disk: images ${formatBytes(status.disk.images)}, volumes ${formatBytes(status.disk.volumes)}, build cache ${formatBytes(status.disk.buildCache)}`,
  ];
}

function canaryLine({ live }: Status, paint: Paint): string[] {
  if (!live?.canary) return [];
  const { version, colour, share } = live.canary;
  return [paint('yellow', `${version} is tried on ${share} % of the clients (${colour})`)];
}

/** Not a problem, since somebody wanted it, but nothing that should be forgotten. */
function maintenanceLine({ maintenance }: Status, now: number, paint: Paint): string[] {
  if (!maintenance) return [];
  const { since, allow, message } = maintenance;
  const ago = formatDuration(Math.max(0, now - Date.parse(since)));
  const passing = allow.length === 0 ? 'nobody is let in' : `let in: ${allow.join(', ')}`;
  return [paint('yellow', `maintenance is on, for ${ago}; ${passing}${message === undefined ? '' : `; "${message}"`}`)];
}

function table({ base, colours: all, live }: Status, now: number, paint: Paint): string[] {
  const rows: string[][] = [['', 'SERVICE', 'REPLICAS', 'HEALTH', 'UP', 'RESTARTS', 'IMAGE']];
  const add = (group: string, containers: readonly ContainerStatus[]) => {
    for (const [index, service] of [...new Set(containers.map((container) => container.service))].entries()) {
      rows.push([
        index === 0 ? group : '',
        ...row(
          service,
          containers.filter((container) => container.service === service),
          now,
        ),
      ]);
    }
  };
  add('base', base);
  for (const colour of [...colours].sort((a) => (a === live?.colour ? -1 : 1))) {
    const versions = [...new Set(all[colour].map(({ version }) => version))].join(', ');
    add(`${colour} ${versions}${colour === live?.colour ? ' (live)' : ''}`, all[colour]);
  }
  return inColumns(rows).map((line, index) => (index === 0 ? paint('dim', line) : line));
}

function row(service: string, containers: readonly ContainerStatus[], now: number): string[] {
  const running = containers.filter(({ state }) => state === 'running');
  const states = [...new Set(containers.map(({ state, health }) => (state === 'running' ? (health ?? 'running') : state)))];
  const youngest = Math.min(...running.map(({ since }) => now - Date.parse(since ?? '')));
  return [
    service,
    `${running.length}/${containers.length}`,
    states.join(', '),
    running.length > 0 ? formatDuration(Math.max(0, youngest)) : '-',
    String(containers.reduce((sum, { restarts }) => sum + restarts, 0)),
    [...new Set(containers.map(({ image }) => image))].join(', '),
  ];
}

function operationLine(
  { at, command, version, outcome, reason, ms, step }: Status['operations'][number],
  now: number,
  isRunning: boolean,
): string {
  const ago = `${formatDuration(Math.max(0, now - Date.parse(at)))} ago`;
  const words = outcome ?? (isRunning ? `at "${step}"` : `cut off at "${step}"`);
  return [
    ago.padEnd(18),
    `${command} ${version}`.padEnd(16),
    words,
    ms === undefined ? '' : `in ${formatDuration(ms)}`,
    reason ? `(${reason})` : '',
  ]
    .filter(Boolean)
    .join('  ');
}
