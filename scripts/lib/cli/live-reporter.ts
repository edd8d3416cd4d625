import { Listr, type ListrTaskWrapper } from 'listr2';
import { formatDuration } from '../config/durations.js';
import type { Reporter } from '../deploy/reporter.js';
import type { Output } from './output.js';

/** A step in the list. The list goes through its rows one by one; steps beside each other may end before their turn. */
interface Row {
  title: string;
  outcome: 'done' | 'failed' | 'not begun';
  /** Set while it is this row's turn. */
  task?: Pick<ListrTaskWrapper<unknown, never, never>, 'title' | 'output' | 'skip'>;
  ended: Promise<void>;
  end: () => void;
}

/** @returns a reporter for a terminal: the list of steps, with a spinner, the progress and the time of each */
export function liveReporter(line: Output['line'], paint: Output['paint']): Reporter {
  const rows = new Map<string, Row>();
  // What is said beside the list is printed once the list stands still.
  const afterwards: string[] = [];
  let running: Promise<unknown> | undefined;
  const say = (text: string) => (running ? void afterwards.push(text) : line(text));
  const settle = (id: string, outcome: Row['outcome'], title: (row: Row) => string) => {
    const row = rows.get(id);
    if (!row) return;
    Object.assign(row, { outcome, title: title(row) });
    row.end();
  };
  return {
    begin: (steps) => {
      for (const { id, title } of steps) rows.set(id, newRow(title));
      const tasks = [...rows.values()].map((row) => ({
        title: row.title,
        task: (_: unknown, task: unknown) => showRow(row, task as NonNullable<Row['task']>),
      }));
      // Ctrl-C is the operation's own business: it undoes.
      running = new Listr(tasks, { registerSignalListeners: false, exitOnError: false, rendererOptions: { collapseErrors: false } }).run();
    },
    started: () => {},
    progress: (id, text) => {
      const task = rows.get(id)?.task;
      if (task) task.output = text;
    },
    done: (id, milliseconds, detail) =>
      settle(id, 'done', ({ title }) => `${title}${detail ? ` (${detail})` : ''}  ${paint('dim', formatDuration(milliseconds))}`),
    failed: (id, message) => settle(id, 'failed', ({ title }) => `${title}: ${message}`),
    end: async () => {
      for (const { end } of rows.values()) end();
      await running;
      running = undefined;
      for (const text of afterwards.splice(0)) line(text);
    },
    note: say,
    warn: (text) => say(`  ${paint('yellow', '!')} ${text}`),
  };
}

async function showRow(row: Row, task: NonNullable<Row['task']>): Promise<void> {
  row.task = task;
  await row.ended;
  if (row.outcome === 'not begun') task.skip();
  else task.title = row.title;
  if (row.outcome === 'failed') throw new Error(row.title);
}

function newRow(title: string): Row {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { title, outcome: 'not begun', ended, end };
}
