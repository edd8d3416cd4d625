import { formatDuration } from '../../config/durations.js';
import type { MaintenanceStatus } from '../../deploy/maintenance/maintenance-status.js';
import type { SwitchResult } from '../../deploy/maintenance/maintenance-switch.js';
import { UsageError } from '../../errors.js';
import type { Arguments, Command } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import type { Output } from '../output.js';

const actions: readonly (string | undefined)[] = ['on', 'off', 'status'];
const flags = ['allow', 'message', 'retry-after'] as const;

export const command: Command = {
  summary: 'Turns the public away with 503 and a page while you work, and lets it in again; deploys go on working meanwhile.',
  usage: ['on', 'on --allow 203.0.113.7,10.0.0.0/8 --message "Back at noon." --retry-after 10m', 'off', 'status'],
  words: 1,
  flags: { allow: { type: 'string' }, message: { type: 'string' }, 'retry-after': { type: 'string' } },
  help: {
    allow: 'ADDRESS[,NETWORK…]: clients that pass as usual; none takes them back',
    message: 'TEXT: what the page says, at most 200 characters',
    'retry-after': 'DURATION: when clients are told to come back (5m)',
  },
  run: async (given, output) => {
    const action = actionOf(given);
    const { json, dotenv } = { json: output.json, dotenv: given.values.dotenv as string | undefined };
    if (action === 'status') {
      const { maintenanceStatus } = await import('../../deploy/maintenance/maintenance-status.js');
      const status = await maintenanceStatus(dotenv);
      if (!json) for (const line of linesOf(status)) output.line(line);
      return { result: status };
    }
    const result = await switchTo(action, given, output);
    if (!result.changed) output.line(`maintenance is ${action} already; nothing was changed`);
    if (!json) for (const line of linesOf(result)) output.line(line);
    return { result };
  },
};

function actionOf({ values, words }: Arguments): 'on' | 'off' | 'status' {
  const [action] = words;
  const hints = ['type: npx zx scripts/maintenance.mjs on, off or status'];
  if (!actions.includes(action))
    throw new UsageError(action === undefined ? 'an action is missing' : `${JSON.stringify(action)}: is no action`, { hints });
  const stray = action === 'on' ? [] : flags.filter((flag) => values[flag] !== undefined);
  if (stray.length > 0) throw new UsageError(`--${stray[0]}: goes with "on" alone`, { hints });
  return action as 'on' | 'off' | 'status';
}

async function switchTo(action: 'on' | 'off', { values }: Arguments, output: Output): Promise<SwitchResult> {
  const { switchMaintenance } = await import('../../deploy/maintenance/maintenance-switch.js');
  const { setupProgress } = await import('../setup-progress.js');
  const given = Object.fromEntries(flags.flatMap((flag) => (values[flag] === undefined ? [] : [[flag, String(values[flag])]])));
  const dotenv = values.dotenv as string | undefined;
  const { step, note } = setupProgress(output);
  const prepare = async () => (await import('../prepare.js')).prepareConfig(output, values.yes === true, dotenv);
  const result = await switchMaintenance({ action, flags: given, dotenv, prepare, step, onInterrupt });
  if (action === 'on') noteLoopback(result, note);
  return result;
}

/** A person who wants to try the app on the server itself would be turned away, and not know why. */
function noteLoopback({ allow, gateway }: SwitchResult, note: (line: string) => void): void {
  const loopback = allow.find((entry) => entry.startsWith('127.') || entry === '::1');
  if (!loopback || !gateway || allow.includes(gateway)) return;
  note(`${loopback}: clients on the engine's machine arrive as ${gateway}; allow that to let them in`);
  note(`${gateway} is also where all clients of a proxy on that machine arrive from, unless TRUSTED_PROXIES names it`);
}

function linesOf({ on, since, allow, message, retryAfter }: MaintenanceStatus): string[] {
  if (!on) return [`maintenance is off${since ? `, since ${since}` : ''}`];
  return [
    `maintenance is on, since ${since}: requests are answered 503, to be repeated after ${formatDuration((retryAfter ?? 0) * 1_000)}`,
    `  let in: ${allow.length === 0 ? 'nobody' : allow.join(', ')}`,
    ...(message === null ? [] : [`  the page says: ${message}`]),
  ];
}
