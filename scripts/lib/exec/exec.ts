import { openStack } from '../deploy/stack.js';
import { observe } from '../deploy/state.js';
import type { ExecRequest } from './request.js';
import { type RanIn, type RunInOptions, runIn } from './run-in.js';
import { targetOf } from './target.js';

/**
 * Runs a command in a service's container: of the live colour, where the service is the app's.
 *
 * @param dotenv the path that --dotenv gave
 */
export async function execIn(dotenv: string | undefined, { command, ...wanted }: ExecRequest, options: RunInOptions): Promise<RanIn> {
  const stack = await openStack(dotenv);
  const target = targetOf(await observe(stack.docker, stack.config.names), wanted);
  return runIn(stack, target, { command: 'exec', program: command[0], database: null, role: null }, { command }, options);
}
