import type { Plan } from '../restore/plan.js';
import type { RestoreResult } from '../restore/restore.js';
import type { Output } from './output.js';

type Shown = Pick<Plan, 'title' | 'steps' | 'notes'>;
const TYPE = 'npx zx scripts/restore.mjs';

/** Shows a plan: what this is, the steps by number, and what to know before. */
export function sayPlan(plan: Shown, { line, paint }: Output): void {
  for (const text of planLines(plan, paint)) line(text);
}

/** Says what a restore came to, and what to type next. */
export function sayResult(result: RestoreResult, { line, paint }: Output): void {
  for (const text of resultLines(result, paint)) line(text);
}

function planLines({ title, steps, notes }: Shown, paint: Output['paint']): string[] {
  return [
    title,
    ...steps.map((step, index) => `  ${String(index + 1).padStart(2)}. ${step.title}`),
    ...notes.map((note) => paint('yellow', `  ! ${note}`)),
  ];
}

function resultLines(result: RestoreResult, paint: Output['paint']): string[] {
  switch (result.outcome) {
    case 'planned':
      return planLines(result, paint);
    case 'nothing-to-do':
      return ['there is nothing to do'];
    case 'forgotten':
      return [paint('green', 'what restores had kept is gone')];
    case 'tidied':
      return [
        paint('green', 'what was cut off is in order'),
        ...(result.mended.length > 0 ? [`  → ${TYPE} --undo now undoes the newest restore that stands`] : []),
      ];
    case 'undone':
      return [
        paint('green', `the restore ${result.stamp} is undone: what was live before it is live again`),
        `  → when you need nothing of it any more: ${TYPE} --forget`,
      ];
    case 'restored':
      return [paint('green', `restored${result.set === null ? '' : `: ${result.set}`}`), ...nextLines(result)];
  }
}

function nextLines({ beside, commands }: Extract<RestoreResult, { commands: unknown }>): string[] {
  if (!beside) return [`  → what was live before is kept: ${TYPE} --undo brings it back, --forget lets it go`];
  return [
    `  → look at ${beside.database} with: ${commands.look}`,
    ...commands.copyBack.map((command) => `  → bring rows back that ${beside.live} does not have: ${command}`),
  ];
}
