import { type ExitCode, exitCodes } from '../../errors.js';
import type { Environment } from '../environments.js';
import { examine } from '../examine.js';
import { gatherLayers, type Places } from '../gather.js';
import { type Merged, problemIn } from '../layers.js';
import { OFF, type ScheduleKey, scheduleKeys, scheduleProblems } from '../schedules.js';

export interface CheckedConfig {
  file: string;
  /** null: SLIPWAY_ENV says none that there is. */
  environment: Environment | null;
  /** The layers that were read, in their order. */
  layers: string[];
  problems: string[];
}

/**
 * Looks for everything that could stop a command, and for what is only odd: every problem of every layer, sources that cannot be
 * read, schedules that never fire, keys that are nearly known ones.
 *
 * @returns what was found, and the exit code: 1 when that is anything
 * @throws UsageError when there is no .env file to look at
 */
export async function checkConfig(places: Places): Promise<{ checked: CheckedConfig; exitCode: ExitCode }> {
  const gathered = await gatherLayers(places);
  const { file, environment = null, layers, failure } = gathered;
  const examined = examine(gathered);
  const problems = [
    ...(failure ? [failure.message, ...failure.details] : []),
    ...examined.problems,
    ...scheduleLines(examined.merged, examined.problems),
    ...examined.nearMisses,
  ];
  const checked = { file, environment, layers: layers.map(({ name }) => name), problems };
  return { checked, exitCode: problems.length === 0 ? exitCodes.done : exitCodes.failed };
}

/** A schedule whose form is wrong has been told already. */
function scheduleLines(merged: Merged, told: readonly string[]): string[] {
  const isTold = (key: ScheduleKey) => told.some((problem) => problem.startsWith(`${key}: `));
  const schedules = scheduleKeys.map((key) => [key, isTold(key) ? OFF : (merged.values[key] ?? OFF)] as const);
  return scheduleProblems(Object.fromEntries(schedules) as Record<ScheduleKey, string>).map((problem) => problemIn(merged, problem));
}
