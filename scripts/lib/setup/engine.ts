import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Docker } from '../engine/docker.js';
import { SlipwayError, UsageError } from '../errors.js';
import { aptInstall, aptUpdate } from './apt.js';
import { isSufficient, lookAtHost, lookForDocker } from './engine-facts.js';
import { type EnginePlan, type EngineStep, planEngine } from './engine-plan.js';
import { startEngine } from './engine-start.js';
import type { SetupProgress } from './progress.js';

export interface EnsureEngineOptions {
  /** Install without asking. */
  yes: boolean;
  /** Asks the person yes or no; left out where nobody can be asked. */
  ask?: ((question: string) => Promise<boolean>) | undefined;
  progress: SetupProgress;
  docker?: Docker;
}

/** Installing, then starting; whatever is still missing after that does not come by trying again. */
const ROUNDS = 3;

/**
 * Makes sure that a Docker Engine with Compose and buildx answers, new enough for everything else. On Debian and Ubuntu
 * it installs them from the distribution's packages, as root and with consent; an engine that is installed it starts.
 *
 * @returns what it changed on this machine, a line each
 * @throws UsageError that says what to type, where it cannot or may not do that
 */
export async function ensureEngine(options: EnsureEngineOptions): Promise<string[]> {
  const docker = options.docker ?? new Docker();
  const changed: string[] = [];
  let why = '';
  for (let round = 0; round < ROUNDS; round++) {
    const found = await lookForDocker(docker);
    if (isSufficient(found)) return changed;
    const plan = planEngine(found, await lookAtHost());
    if (plan.kind === 'ready') return changed;
    if (plan.kind === 'refuse') throw new UsageError(plan.why, { hints: plan.hints });
    if (plan.why === why) break;
    why = plan.why;
    await consent(plan, options);
    for (const step of plan.steps) changed.push(...(await perform(step, docker, options.progress)));
  }
  throw new SlipwayError(`${why}, even after: ${changed.join('; ')}`, {
    hints: ['when an older dockerd still runs: stop it (its process id stands in /var/run/docker.pid) and type this again'],
  });
}

async function consent({ why, installs }: Extract<EnginePlan, { kind: 'act' }>, { yes, ask }: EnsureEngineOptions): Promise<void> {
  if (installs === undefined || yes) return;
  if (ask && (await ask(`${why}. Install ${installs}?`))) return;
  throw new UsageError(why, { hints: [`type: npm run setup -- --yes   (it installs ${installs})`] });
}

async function perform(step: EngineStep, docker: Docker, progress: SetupProgress): Promise<string[]> {
  switch (step.do) {
    case 'write':
      for (const { path, content } of step.files) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }
      return step.files.map(({ path }) => `wrote ${path}`);
    case 'update':
      await progress.step('Update the package lists', (say) => aptUpdate(progress, say));
      return [];
    case 'install':
      await progress.step('Install the Docker Engine', (say) => aptInstall(step.packages, say, step.from));
      return [`installed ${step.packages.join(' ')}${step.from ? ` from Debian ${step.from}` : ''}`];
    case 'start': {
      const by = await progress.step('Start the Docker Engine', (say) => startEngine(docker, step.by, say));
      return [by === 'none' ? 'started dockerd in the background, its log is /var/log/dockerd.log' : 'started the Docker Engine'];
    }
  }
}
