import { formatDuration } from '../config/durations.js';
import type { Reporter } from '../deploy/reporter.js';
import type { Output } from './output.js';

/** How long nothing is said before a running step is worth a line in a log. */
const QUIET_MS = 10_000;

/** @returns a reporter for pipes, logs and CI: a line when a step has ended, and now and then one while a long step runs */
export function plainReporter(line: Output['line'], paint: Output['paint']): Reporter {
  const titles = new Map<string, string>();
  // What each running step is at.
  const running = new Map<string, string>();
  let spoke = performance.now();
  let ticking: NodeJS.Timeout | undefined;
  const say = (text: string) => {
    spoke = performance.now();
    line(text);
  };
  return {
    begin: (steps) => {
      for (const { id, title } of steps) titles.set(id, title);
      ticking = setInterval(() => {
        if (performance.now() - spoke < QUIET_MS) return;
        for (const [id, text] of running) say(`  … ${titles.get(id) ?? id}${text ? `: ${text}` : ''}`);
      }, 1_000);
      ticking.unref();
    },
    started: (id) => void running.set(id, ''),
    progress: (id, text) => void running.set(id, text),
    done: (id, milliseconds, detail) => {
      running.delete(id);
      const words = `${titles.get(id) ?? id}${detail ? ` (${detail})` : ''}`;
      say(`  ${paint('green', '✓')} ${words}  ${paint('dim', formatDuration(milliseconds))}`);
    },
    failed: (id, message) => {
      running.clear();
      say(`  ${paint('red', '✗')} ${titles.get(id) ?? id}: ${message}`);
    },
    end: async () => clearInterval(ticking),
    note: say,
    warn: (text) => say(`  ${paint('yellow', '!')} ${text}`),
  };
}
