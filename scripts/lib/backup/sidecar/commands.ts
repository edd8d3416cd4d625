import { cronPaths, readCronSettings } from '../../config/cron.js';
import { type Context, contextOf } from '../run/context.js';
import type { Tell } from '../run/event.js';
import type { Reply } from './restore-results.js';

/** What a command inside the cron container is given. */
export interface Call {
  words: readonly string[];
  signal: AbortSignal;
  tell: Tell;
  /** Prints a line that answers a question; see restore-results.ts. */
  say: (line: Reply) => void;
}

type Command = (call: Call) => Promise<unknown>;

const open = ({ signal, tell }: Call): Promise<Context> => contextOf(readCronSettings(), tell, signal);

/** Every command, each loaded only when it is called. */
export const commands = {
  run: async (call) => (await import('./backup-commands.js')).run(await open(call), call.words),
  list: async (call) => (await import('./backup-commands.js')).list(await open(call)),
  show: async (call) => (await import('./backup-commands.js')).show(await open(call), call.words),
  verify: async (call) => (await import('./backup-commands.js')).verify(await open(call), call.words),
  drill: async (call) => (await import('./backup-commands.js')).drill(await open(call), call.words),
  pin: async (call) => (await import('./backup-commands.js')).pin(await open(call), call.words),
  unpin: async (call) => (await import('./backup-commands.js')).unpin(await open(call), call.words),
  prune: async (call) => (await import('./backup-commands.js')).prune(await open(call), call.words),
  vacuum: async (call) => {
    const { BY_COMMAND, vacuum } = await import('../daemon/work.js');
    return vacuum(await open(call), BY_COMMAND);
  },
  restore: async (call) => (await import('./restore-commands.js')).restore(await open(call), call),
  receive: async (call) => (await import('./restore-commands.js')).receive(await open(call), call.words),
  daemon: async ({ signal }) => (await import('../daemon/daemon.js')).daemon(signal),
  healthy: async ({ signal }) => (await import('../daemon/ask.js')).healthy(signal),
  summary: async ({ signal }) => (await import('../daemon/ask.js')).summary(signal),
  files: async ({ signal }) => {
    const { serveFiles } = await import('../kinds/files-server.js');
    const close = await serveFiles(cronPaths.filesSocket, cronPaths.files);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await close();
  },
} as const satisfies Record<string, Command>;

export function isCommand(name: string): name is keyof typeof commands {
  return Object.hasOwn(commands, name);
}
