import type { Reporter } from './reporter.js';

/** @returns a reporter that tells steps as notes: a list of steps is only begun once in a command */
export function quiet(reporter: Reporter): Reporter {
  const titles = new Map<string, string>();
  return {
    begin: (steps) => {
      for (const { id, title } of steps) titles.set(id, title);
    },
    started: () => {},
    progress: () => {},
    done: (id, milliseconds) => reporter.note(`  ✓ ${titles.get(id)} (${Math.round(milliseconds)} ms)`),
    failed: (id, message) => reporter.note(`  ✗ ${titles.get(id)}: ${message}`),
    end: async () => {},
    note: (text) => reporter.note(text),
    warn: (text) => reporter.warn(text),
  };
}
