import { nearest } from '../../config/nearest.js';
import { UsageError } from '../../errors.js';
import type { Command } from '../command.js';
import type { DevAction } from '../dev/action.js';

/** The actions, each loaded only when it is the one that was typed. */
const actions: Record<string, () => Promise<{ action: DevAction }>> = {
  up: () => import('../dev/up.js'),
  down: () => import('../dev/down.js'),
  logs: () => import('../dev/logs.js'),
  shell: () => import('../dev/shell.js'),
  psql: () => import('../dev/psql.js'),
  redis: () => import('../dev/redis.js'),
  reset: () => import('../dev/reset.js'),
  seed: () => import('../dev/seed.js'),
};
/** Flags that belong to one action. */
const owners: Record<string, string> = { build: 'up', volumes: 'down', follow: 'logs', tail: 'logs', since: 'logs' };
/** They hand the terminal on, so nothing of ours may stand in their output. */
const silent = new Set(['logs', 'shell', 'psql', 'redis']);

export const command: Command = {
  summary: 'Runs the app for development: source mounted and reloading, ports on 127.0.0.1 (DEV_COMPOSE names its Compose file).',
  usage: [
    'up [--build]                       build and start it, or bring it up to date',
    'down [--volumes]                   stop it',
    'logs [--follow] [service …]        what its services print',
    'shell [service] [-- command …]     a shell, or a command, in a service (backend)',
    'psql [service] [-- argument …]     psql in the database',
    'redis [service] [-- argument …]    redis-cli in Redis',
    'seed                               fill it with data, by what x-slipway.seed says',
    'reset                              drop all its data, start it anew, seed it',
  ],
  words: 20,
  flags: {
    build: { type: 'boolean' },
    volumes: { type: 'boolean' },
    follow: { type: 'boolean', short: 'f' },
    tail: { type: 'string' },
    since: { type: 'string' },
  },
  help: {
    build: 'up: let Compose look at everything, even if nothing seems to have changed',
    volumes: 'down: remove its data as well',
    follow: 'logs: go on until Ctrl-C',
    tail: 'logs: N lines of each service (100), or all',
    since: 'logs: from then on, such as 10m or 2026-05-01T10:00',
  },
  rest: 'shell -- <command>',
  opening: ({ words }) => (silent.has(words[0] ?? '') ? undefined : `dev ${words[0] ?? ''}`),
  run: async (given, output) => {
    const [name, ...words] = given.words;
    const load = Object.hasOwn(actions, name ?? '') ? actions[name ?? ''] : undefined;
    if (name === undefined || load === undefined) throw noAction(name);
    const foreign = Object.keys(given.values).find((flag) => owners[flag] !== undefined && owners[flag] !== name);
    if (foreign) throw new UsageError(`--${foreign}: belongs to ${owners[foreign]}, not to ${name}`);
    const { action } = await load();
    if (words.length > action.words) throw new UsageError(`${JSON.stringify(words[action.words])}: is one word too many`);
    if ((given.rest ?? []).length > 0 && !action.handsOn) throw new UsageError(`--: ${name} hands nothing on to another program`);
    if (given.values.json && silent.has(name)) throw new UsageError(`--json: ${name} hands the terminal on and has no document`);
    return action.run({ ...given, words }, output);
  },
};

function noAction(name: string | undefined): UsageError {
  const near = name === undefined ? undefined : nearest(name, Object.keys(actions));
  const what =
    name === undefined ? 'an action is missing' : `${JSON.stringify(name)}: is no action${near ? `; did you mean ${near}?` : ''}`;
  return new UsageError(what, { hints: [`type one of: ${Object.keys(actions).join(', ')}; npx zx scripts/dev.mjs --help says more`] });
}
