import type { Ended } from '../process.js';
import { type Ground, lastWords } from './ground.js';
import type { Stage } from './points.js';

/** What is typed after a deployer was killed. */
export const followUps = ['deploy', 'resume', 'abort', 'rollback'] as const;
export type FollowUp = (typeof followUps)[number];

/** What was struck, as far as the next command is concerned. */
export interface CutShort {
  command: string;
  version: string;
  stage: Stage;
}

/** What a follow-up came to. */
export interface Followed {
  problems: string[];
  /** A release was recorded at its end. */
  tidy: boolean;
}

/**
 * Types the next command and works out what it should have come to: what had cut is finished, anything else is undone, and
 * then it does its own work.
 */
export async function follow(
  ground: Ground,
  { command, version, stage }: CutShort,
  followUp: FollowUp,
  env: NodeJS.ProcessEnv,
): Promise<Followed> {
  const { stack, releases } = ground;
  const next = followUp === 'deploy' ? ground.next() : undefined;
  const words = { deploy: [next ?? ''], resume: ['--resume'], abort: ['--abort'], rollback: [] }[followUp];
  const ended = await stack.start(followUp === 'rollback' ? 'rollback' : 'deploy', words, { env }).ended;
  if (ended.exitCode !== 0) return { problems: [lastWords(ended)], tidy: false };

  const did = whatItDid(ended, followUp);
  const problems = fits(stage, did) ? [] : [`${command} had come to: ${stage}; what it left was ${did}`];
  if (did === 'finished') releases.goesLive(version);
  if (next !== undefined) releases.goesLive(next);
  const { outcome } = ended.json;
  if (followUp === 'rollback' && outcome === 'rolled-back' && releases.before) releases.goesLive(releases.before);
  return {
    problems,
    tidy: outcome === 'rolled-back' || outcome === 'finished' || outcome === 'deployed' || (followUp === 'resume' && did === 'finished'),
  };
}

type Did = 'finished' | 'undone' | 'gone back from' | 'not there';

/** Every command says so before it does its own work; --abort goes back from what had cut, and needs no word for it. */
function whatItDid({ stderr, json }: Ended, followUp: FollowUp): Did {
  const said = /it is (finished|undone) first/.exec(stderr)?.[1] as Did | undefined;
  if (said) return said;
  return followUp === 'abort' && json.outcome === 'rolled-back' ? 'gone back from' : 'not there';
}

function fits(stage: Stage, did: Did): boolean {
  const possible: Record<Stage, Did[]> = {
    nothing: ['not there'],
    'not cut': ['undone'],
    cut: ['finished', 'gone back from'],
    either: ['undone', 'finished', 'gone back from'],
  };
  return possible[stage].includes(did);
}
