import { formatBytes, formatDuration } from '../../config/durations.js';
import type { Tell } from '../run/event.js';

type Level = 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;

/** The daemon's log: one line of JSON for each thing that happened. */
export type Log = Readonly<Record<Level, (event: string, message: string, fields?: Fields) => void>>;

/**
 * @param write takes a line without its end
 * @param mask takes secrets out of a text
 */
export function makeLog(write: (line: string) => void, mask: (text: string) => string, now: () => Date = () => new Date()): Log {
  const at =
    (level: Level) =>
    (event: string, message: string, fields: Fields = {}) =>
      write(mask(JSON.stringify({ time: now().toISOString(), level, service: 'cron', event, message, ...fields })));
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** @returns what a run is to tell its events to. Its progress is for people who watch; the log gets what was done. */
export function tellLog(log: Log, job: string): Tell {
  return (event) => {
    switch (event.event) {
      case 'warning':
        return log.warn('warning', event.text, { job });
      case 'note':
        return log.info('note', event.text, { job });
      case 'part-done': {
        const { part, bytes, stored, seconds } = event;
        const message = `${part}: ${formatBytes(bytes)}, ${formatBytes(stored)} as stored, in ${formatDuration(seconds * 1_000)}`;
        return log.info('part-done', message, { job, part, bytes, stored, seconds });
      }
      case 'part-began':
      case 'part-progress':
        return;
    }
  };
}
