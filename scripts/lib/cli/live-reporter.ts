import { Listr, type ListrTaskWrapper } from 'listr2';
import { formatDuration } from '../config/durations.js';
import type { Reporter } from '../deploy/reporter.js';
import type { Output } from './output.js';

interface Row {
  title: string;
  task?: ListrTaskWrapper<unknown, never, never>;
  ended: Deferred;
}

interface Deferred {
  promise: Promise<void>;
  resolve: () => void;
  reject: (reason: Error) => void;
}

/** @returns a reporter for a terminal: the list of steps, with a spinner, the progress and the time of each */
export function liveReporter(line: Output['line'], paint: Output['paint']): Reporter {
  const rows = new Map<string, Row>();
  // What is said beside the list is printed once the list stands still.
  const afterwards: string[] = [];
  let running: Promise<unknown> | undefined;
  const say = (text: string) => (running ? void afterwards.push(text) : line(text));
  return {
    begin: (steps) => {
      for (const { id, title } of steps) rows.set(id, { title, ended: deferred() });
      const tasks = [...rows.values()].map((row) => ({
        title: row.title,
        task: async (_: unknown, task: unknown) => {
          row.task = task as NonNullable<Row['task']>;
          await row.ended.promise;
        },
      }));
      // Ctrl-C is the operation's own business: it undoes.
      running = new Listr(tasks, { registerSignalListeners: false, exitOnError: true, rendererOptions: { collapseErrors: false } })
        .run()
        .catch(() => {});
    },
    started: () => {},
    progress: (id, text) => {
      const task = rows.get(id)?.task;
      if (task) task.output = text;
    },
    done: (id, milliseconds, detail) => {
      const row = rows.get(id);
      if (row?.task) row.task.title = `${row.title}${detail ? ` (${detail})` : ''}  ${paint('dim', formatDuration(milliseconds))}`;
      row?.ended.resolve();
    },
    failed: (id, message) => rows.get(id)?.ended.reject(new Error(message)),
    end: async () => {
      for (const { ended } of rows.values()) ended.reject(new Error('not done'));
      await running;
      running = undefined;
      for (const text of afterwards.splice(0)) line(text);
    },
    note: say,
    warn: (text) => say(`  ${paint('yellow', '!')} ${text}`),
  };
}

function deferred(): Deferred {
  let resolve: Deferred['resolve'] = () => {};
  let reject: Deferred['reject'] = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // A step that never began has nobody waiting for it.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
