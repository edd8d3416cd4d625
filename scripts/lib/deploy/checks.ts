import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { AppService } from '../config/app-model.js';
import { formatDuration } from '../config/durations.js';
import type { Check } from '../config/x-slipway.js';
import type { ProbeResponse } from '../engine/deck/protocol.js';
import { SlipwayError } from '../errors.js';

/** A declared check did not pass in its time. */
export class CheckError extends SlipwayError {}

/**
 * @param service a web service
 * @returns its checks; one that declares none has to answer on its first route with anything below 500
 */
export function checksOf(service: AppService): Check[] {
  if (service.role !== 'web' || service.checks.length > 0 || service.route.length === 0) return service.checks;
  const anyAnswer = Array.from({ length: 300 }, (_, index) => 200 + index);
  return [{ path: service.route[0]?.path ?? '/', status: anyAnswer, every: 1_000, times: 1, within: 30_000, timeout: 10_000 }];
}

/**
 * Repeats a check until it has passed `times` in a row, `every` apart.
 *
 * @param check what is expected, and how often
 * @param probe makes the request
 * @param onTry told the outcome of each try: undefined when it passed
 * @throws CheckError with the last reason when that does not happen within its time
 */
export async function passCheck(
  check: Check,
  probe: () => Promise<ProbeResponse>,
  onTry: (problem: string | undefined, passed: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + check.within;
  let passed = 0;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await probe();
    const problem = problemWith(answer, check);
    passed = problem === undefined ? passed + 1 : 0;
    onTry(problem, passed);
    if (passed >= check.times) return;
    if (performance.now() + check.every > deadline) {
      throw new CheckError(
        `${check.path}: ${problem ?? `passed ${passed} times, not ${check.times}`} (for ${formatDuration(check.within)})`,
        {
          details: answer.body ? [`the answer was: ${answer.body.slice(0, 300).trim()}`] : [],
        },
      );
    }
    await delay(check.every, undefined, signal ? { signal } : {});
  }
}

/**
 * @param answer an answer
 * @param check what is expected of it
 * @returns what is wrong with it; undefined when nothing is
 */
export function problemWith(answer: ProbeResponse, check: Pick<Check, 'status' | 'json'>): string | undefined {
  if (answer.status === 0) return answer.error ?? 'no answer';
  if (!check.status.includes(answer.status)) {
    return `answered ${answer.status}, should be ${check.status.length > 5 ? `${check.status[0]} to ${check.status.at(-1)}` : check.status.join(' or ')}`;
  }
  return check.json === undefined ? undefined : jsonProblem(answer.body, check.json);
}

function jsonProblem(body: string, expected: Record<string, unknown>): string | undefined {
  let found: unknown;
  try {
    found = JSON.parse(body);
  } catch {
    return 'the answer is no JSON';
  }
  for (const [key, value] of Object.entries(expected)) {
    const got = (found as Record<string, unknown> | null)?.[key];
    if (!isDeepStrictEqual(got, value)) return `${key} should be ${JSON.stringify(value)}, is ${JSON.stringify(got)}`;
  }
  return undefined;
}
