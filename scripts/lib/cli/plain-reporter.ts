import { formatDuration } from '../config/durations.js';
import type { Reporter } from '../deploy/reporter.js';
import type { Output } from './output.js';

/** How long a step says nothing before its progress is worth a line in a log. */
const QUIET_MS = 5_000;

/** @returns a reporter for pipes, logs and CI: a line when a step has ended, and now and then one while a long step runs */
export function plainReporter(line: Output['line'], paint: Output['paint']): Reporter {
  const titles = new Map<string, string>();
  let spoke = 0;
  const say = (text: string) => {
    spoke = performance.now();
    line(text);
  };
  return {
    begin: (steps) => {
      for (const { id, title } of steps) titles.set(id, title);
    },
    started: () => {
      spoke = performance.now();
    },
    progress: (id, text) => {
      if (performance.now() - spoke >= QUIET_MS) say(`  … ${titles.get(id) ?? id}: ${text}`);
    },
    done: (id, milliseconds, detail) => {
      const words = `${titles.get(id) ?? id}${detail ? ` (${detail})` : ''}`;
      say(`  ${paint('green', '✓')} ${words}  ${paint('dim', formatDuration(milliseconds))}`);
    },
    failed: (id, message) => say(`  ${paint('red', '✗')} ${titles.get(id) ?? id}: ${message}`),
    end: async () => {},
    note: say,
    warn: (text) => say(`  ${paint('yellow', '!')} ${text}`),
  };
}
