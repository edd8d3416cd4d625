// Scaling up and down, by the steps of the docker-rollout plugin (github.com/wowu/docker-rollout, read at v0.13; written anew):
// as many new containers beside the old ones, wait until all of them are healthy, with its draining run the hook that its
// documentation proposes, stop the old ones, remove them. The proxy has to find its servers by itself, in one of two ways.
import { setTimeout as delay } from 'node:timers/promises';
import { discover } from './discovery.mjs';

/** The plugin looks once a second, 60 times. */
const [LOOK_MS, LOOKS] = [1_000, 60];
const HOOK = 'touch /tmp/drain && sleep 10';

/** Behind a proxy that rewrites its configuration when containers come and go, and reloads: nginx-proxy's way. */
export const rolloutReloading = (rival) => behindReloads(rival, undefined);
export const rolloutDrainingReloading = (rival) => behindReloads(rival, HOOK);

async function behindReloads(rival, hook) {
  await rival.start('web');
  const discovery = await discover(rival);
  await rival.startProxy();
  await discovery.follow();
  return { switchTo: (version) => rollOut(rival, version, hook), end: discovery.end };
}

/** Behind a proxy that follows Docker's DNS without a reload. */
export async function rolloutDrainingResolving(rival) {
  await rival.start('web');
  await rival.upstream('resolver 127.0.0.11 valid=1s ipv6=off;\nupstream app { zone app 64k; server web:8000 resolve; }\n');
  await rival.startProxy();
  return { switchTo: (version) => rollOut(rival, version, HOOK) };
}

async function rollOut(rival, version, hook) {
  const old = await rival.ids('web');
  await rival.compose(version, 'up', '--detach', '--no-recreate', '--no-deps', '--scale', `web=${old.length * 2}`, 'web');
  const fresh = (await rival.ids('web')).filter((id) => !old.includes(id));
  for (let looks = 0; !(await areHealthy(rival, fresh)); looks++) {
    if (looks === LOOKS) throw new Error(`${version} is not healthy after ${LOOKS} s`);
    await delay(LOOK_MS);
  }
  if (hook) await Promise.all(old.map((id) => rival.docker('exec', id, 'sh', '-c', hook)));
  await rival.docker('stop', ...old);
  await rival.docker('rm', ...old);
}

async function areHealthy(rival, ids) {
  const states = await rival.docker('inspect', '--format', '{{.State.Health.Status}}', ...ids);
  return states
    .trim()
    .split('\n')
    .every((state) => state === 'healthy');
}
