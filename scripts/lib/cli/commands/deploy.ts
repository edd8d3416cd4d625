import { parseShares } from '../../config/canary-shares.js';
import { formatDuration, parseDuration } from '../../config/durations.js';
import type { Config } from '../../config/load.js';
import { parseVersion } from '../../config/version.js';
import type { DeployResult } from '../../deploy/deploy.js';
import type { RecoverResult } from '../../deploy/recovery/recover-command.js';
import type { Reporter } from '../../deploy/reporter.js';
import type { OnInterrupt } from '../../deploy/watch.js';
import type { Docker } from '../../engine/docker.js';
import { UsageError } from '../../errors.js';
import type { Arguments, Command } from '../command.js';
import type { Output } from '../output.js';

export const command: Command = {
  summary: 'Deploys a version blue-green: starts it beside the live one, checks it, cuts over without losing a request.',
  usage: ['<version>', '<version> --dry-run', '<version> --canary 5,25,50 --bake 60s', '--resume', '--abort'],
  words: 1,
  flags: {
    force: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    push: { type: 'boolean' },
    'skip-backup': { type: 'boolean' },
    canary: { type: 'string' },
    bake: { type: 'string' },
    resume: { type: 'boolean' },
    abort: { type: 'boolean' },
  },
  help: {
    force: 'deploy the live version once more, and outside DEPLOY_WINDOW',
    'dry-run': 'print the steps and change nothing',
    push: 'push the images to REGISTRY once they are built',
    'skip-backup': 'run pending migrations without a backup before them',
    canary: 'send it rising shares of the clients first (percent, such as 5,25,50), each for the time of --bake',
    bake: 'watch it that long once clients come, and go back when it does worse; 0s: not at all (BAKE_TIME)',
    resume: 'finish what a killed deploy had begun, if it had cut, else undo it; every deploy does so first',
    abort: 'go back from what a killed deploy had begun, even if it had cut',
  },
  opening: (given) => (howToRecover(given) ? undefined : `deploy ${parseVersion(given.words[0])}`),
  interruptible: true,
  run: async (given, output, onInterrupt) => {
    const { values, words } = given;
    const how = howToRecover(given);
    if (how) return { result: await recovered(how, given, output, onInterrupt) };
    const { deploy } = await import('../../deploy/deploy.js');
    const { prepareConfig } = await import('../prepare.js');
    const result = await deploy({
      version: words[0],
      force: values.force === true,
      dryRun: values['dry-run'] === true,
      push: values.push === true,
      skipBackup: values['skip-backup'] === true,
      canary: values.canary === undefined ? [] : parseShares(String(values.canary)),
      bakeFor: values.bake === undefined ? undefined : parseBake(String(values.bake)),
      reporter: await output.reporter(),
      prepare: () => prepareConfig(output, values.yes === true, values.dotenv as string | undefined),
      onInterrupt,
    });
    say(result, output);
    return { result };
  },
};

function parseBake(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new UsageError(`--bake: should be a duration such as 30s or 5m, got "${text}"`);
}

/** @throws UsageError when both ways are named, or a version besides */
function howToRecover({ values, words }: Arguments): 'resume' | 'abort' | undefined {
  const ways = (['resume', 'abort'] as const).filter((way) => values[way] === true);
  const [how] = ways;
  if (ways.length > 1) throw new UsageError('--resume and --abort are two ways: choose one');
  if (how && words.length > 0) throw new UsageError(`--${how}: goes without a version`);
  return how;
}

async function recovered(how: 'resume' | 'abort', { values }: Arguments, output: Output, onInterrupt: OnInterrupt): Promise<RecoverResult> {
  const { recoverNow } = await import('../../deploy/recovery/recover-command.js');
  const { loadConfig } = await import('../../config/load.js');
  const { Docker } = await import('../../engine/docker.js');
  const reporter = await output.reporter();
  const config = await loadConfig(values.dotenv as string | undefined);
  const docker = new Docker();
  const result =
    (await leftData(how, { config, docker, reporter, onInterrupt })) ?? (await recoverNow({ how, config, docker, reporter, onInterrupt }));
  const { line, paint } = output;
  if (result.outcome === 'nothing-was-cut-off') line('nothing was cut off; nothing was changed');
  if (result.outcome === 'recovered') line(paint('green', `${result.command} ${result.version}, which was cut off, is ${result.what}`));
  if (result.outcome === 'rolled-back') line(paint('green', `${result.version} is live again (${result.colour})`));
  return result;
}

/** A rollback that was to bring data along is put in order by what knows how to restore. */
async function leftData(
  how: 'resume' | 'abort',
  { config, docker, ...heed }: { config: Config; docker: Docker; reporter: Reporter; onInterrupt: OnInterrupt },
): Promise<RecoverResult | undefined> {
  const { settleLeft } = await import('../../restore/rollback/left.js');
  const settled = await settleLeft(config, docker, { how, ...heed });
  return settled && { outcome: 'recovered', ...settled.recovered };
}

function say(result: DeployResult, { line, paint }: Output): void {
  switch (result.outcome) {
    case 'already-live':
      line(`${result.version} is live already (${result.colour}); nothing was done. --force deploys it once more.`);
      break;
    case 'planned':
      line('these steps would be done:');
      for (const [index, { title }] of result.steps.entries()) line(`  ${String(index + 1).padStart(2)}. ${title}`);
      break;
    case 'deployed':
      line(paint('green', `${result.version} is live (${result.colour}), after ${formatDuration(result.milliseconds)}`));
  }
}
