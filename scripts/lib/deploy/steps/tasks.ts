import type { Operation, StepReport } from '../operation.js';
import type { StepOf, Task } from '../plan.js';
import { runOnce } from '../run-once.js';

/** Runs the declared `once:` and `release:` commands in containers of the new image; those done before are passed over. */
export async function runTasks(operation: Operation, step: StepOf<'tasks'>, { progress }: StepReport): Promise<string> {
  const { deck } = operation;
  let ran = 0;
  for (const task of step.tasks) {
    if (task.when === 'once' && isDone(deck.journal, task)) continue;
    progress(task.command.join(' '));
    await runOnce(operation, task.service, task.command);
    if (task.when === 'once')
      await deck.append({ at: new Date().toISOString(), kind: 'once', token: deck.token, service: task.service, command: task.command });
    ran++;
  }
  return ran === 0 ? 'nothing to do' : `ran ${ran}`;
}

function isDone(journal: readonly unknown[], task: Task): boolean {
  return journal.some((record) => {
    const { kind, service, command } = record as { kind?: string; service?: string; command?: string[] };
    return kind === 'once' && service === task.service && JSON.stringify(command) === JSON.stringify(task.command);
  });
}
