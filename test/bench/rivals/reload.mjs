// The usual guide's blue and green: start the other one, wait until it is healthy, edit the upstream, reload nginx, and stop
// the old one when it has had some seconds to finish.
import { setTimeout as delay } from 'node:timers/promises';

const SETTLE_MS = 5_000;
const upstream = (service) => `upstream app { server ${service}:8000; }\n`;

/** @returns how to switch, once the first version runs */
export async function reload(rival) {
  let [live, idle] = ['web-blue', 'web-green'];
  await rival.start(live);
  await rival.upstream(upstream(live));
  await rival.startProxy();
  const switchTo = async (version) => {
    await rival.compose(version, 'up', '--detach', '--no-deps', '--wait', idle);
    await rival.upstream(upstream(idle));
    await rival.reload();
    await delay(SETTLE_MS);
    await rival.compose(version, 'stop', live);
    [live, idle] = [idle, live];
  };
  return { switchTo };
}
