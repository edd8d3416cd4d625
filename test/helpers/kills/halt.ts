import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { engine } from '../leftovers.js';
import type { Running } from '../process.js';
import type { Stack } from '../stack.js';
import { begin, type Ground, lastWords, lockIsFree } from './ground.js';
import { disorder } from './order.js';
import { orphansGone } from './orphans.js';
import type { Point } from './points.js';
import { strike } from './strike.js';

/**
 * Starts a deploy, halts it at a point, and waits until its lock is free.
 *
 * @param others that are halted already
 * @param how the deck ends `of itself` after half a minute of silence, or is ended `by hand` at once
 */
export async function halted(
  ground: Ground,
  point: Point,
  how: 'of itself' | 'by hand',
  others: readonly Running[] = [],
): Promise<Running> {
  const version = ground.next();
  const { running } = begin(ground, 'deploy', version, [version]);
  const struck = await strike(ground.gate, running, { point, fraction: ground.random(), signal: 'SIGSTOP' });
  if (!struck.hit)
    throw new Error(`the deploy ended before it came to "${point.moment} ${point.part.id}": ${(await running.ended).stderr}`);
  const free = lockIsFree(ground.stack);
  if (how === 'by hand') await engine.getContainer(`${ground.stack.name}-deck`).kill();
  await free;
  await orphansGone(ground.gate.host, [...others.map(({ pid }) => pid), running.pid]);
  return running;
}

/**
 * Wakes halted deployers when another one has gone through.
 *
 * @returns what is wrong, a line each: before it, or because of what they did
 */
export async function wakeUp(ground: Ground, sleepers: readonly Running[]): Promise<string[]> {
  const { stack, gate, usual, releases } = ground;
  const order = { version: releases.live, warm: false, tidy: true };
  const problems = (await disorder(stack, usual, order)).map((problem) => `before it woke: ${problem}`);
  const before = await everything(stack);
  for (const sleeper of sleepers) {
    sleeper.kill('SIGCONT');
    const ended = await sleeper.ended;
    if (ended.exitCode !== 4) problems.push(`it ended with ${lastWords(ended)}`);
    else if (!/the lock is lost|another operation holds token/.test(ended.stderr)) problems.push(`it does not say why: ${ended.stderr}`);
  }
  await orphansGone(gate.host);
  const after = await everything(stack);
  for (const line of before.filter((one) => !after.includes(one))) problems.push(`changed by one that woke: ${line}`);
  for (const line of after.filter((one) => !before.includes(one))) problems.push(`changed by one that woke, to: ${line}`);
  return [...problems, ...(await disorder(stack, usual, order))];
}

/** @returns what the edge serves and every container of the stack, a line each */
async function everything(stack: Stack): Promise<string[]> {
  const containers = await stack.containers();
  const described = await Promise.all(containers.map(({ Id }) => engine.getContainer(Id).inspect()));
  const { id } = await stack.container('', 'edge');
  const { stdout } = await promisify(execFile)('docker', [
    'exec',
    id,
    'sh',
    '-c',
    'cd /var/lib/edge; ls -l live previous; cat token live/live.json',
  ]);
  return [
    ...stdout.split('\n').filter(Boolean),
    ...described.map(({ Name, Id, State }) => `${Name} ${Id.slice(0, 12)} ${State.Status} since ${State.StartedAt}`),
    ...(await stack.leftovers()),
  ].sort();
}
