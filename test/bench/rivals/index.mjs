// The ways a person would otherwise switch versions on one Docker host.
import { makeSwitches } from '../cut/switches.mjs';
import { recreate } from './recreate.mjs';
import { reload } from './reload.mjs';
import { rolloutDrainingReloading, rolloutDrainingResolving, rolloutReloading } from './rollout.mjs';
import { rivalStack } from './stack.mjs';

export const rivals = [
  { name: 'recreate', title: '`docker compose up -d --force-recreate` behind nginx', begin: recreate },
  { name: 'reload', title: 'blue and green, upstream edited, `nginx -s reload`, old one stopped 5 s later', begin: reload },
  { name: 'rollout', title: "docker-rollout's steps, proxy reloads when containers come and go", begin: rolloutReloading },
  { name: 'drained', title: 'the same with its draining hook (10 s)', begin: rolloutDrainingReloading },
  { name: 'resolved', title: "the same with the hook, proxy follows Docker's DNS without a reload", begin: rolloutDrainingResolving },
];

/**
 * Lets one way switch under load, in a project of its own that is removed afterwards.
 *
 * @returns what makeSwitches returns
 */
export async function measure({ name, begin }, stack, options, signal) {
  const rival = await rivalStack(stack, name, signal);
  let way;
  try {
    way = await begin(rival);
    return await makeSwitches({ port: rival.port, switchTo: way.switchTo }, options.rivals, options, signal);
  } finally {
    await way?.end?.();
    await rival.remove();
  }
}
