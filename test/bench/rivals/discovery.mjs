// A proxy's servers by discovery, as nginx-proxy has it (github.com/nginx-proxy/nginx-proxy, its Procfile and template, and
// docker-gen's own events beside; written anew): whenever a container comes, goes, changes its health, joins or leaves a network,
// and the events then rest for 100 ms (500 ms at most), the running containers become the upstream's servers, and nginx reloads.
import { spawn } from 'node:child_process';

const EVENTS = ['start', 'stop', 'die', 'health_status', 'connect', 'disconnect'];
const [REST_MS, MOST_MS] = [100, 500];

/**
 * Writes the upstream once.
 *
 * @returns `follow`, which keeps it up to date from then on, and `end`, which stops that; `end` throws what went wrong
 */
export async function discover(rival) {
  let events;
  let failed;
  let written = await upstreamOf(rival);
  await rival.upstream(written);
  const rewrite = async () => {
    const text = await upstreamOf(rival);
    if (text === written) return;
    written = text;
    await rival.upstream(text);
    await rival.reload();
  };
  let turn = Promise.resolve();
  const update = () => {
    turn = turn.then(rewrite).catch((error) => {
      failed ??= error;
    });
  };
  const follow = async () => {
    const filters = EVENTS.flatMap((event) => ['--filter', `event=${event}`]);
    events = spawn('docker', ['events', ...filters, '--format', '{{.Actor.Attributes.name}}'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const soon = debounced(update);
    events.stdout.setEncoding('utf8').on('data', (text) => text.includes(rival.project) && soon());
    await new Promise((resolve, reject) => events.once('spawn', resolve).once('error', reject));
    update();
  };
  const end = async () => {
    events?.kill();
    await turn;
    if (failed) throw failed;
  };
  return { follow, end };
}

function debounced(act) {
  let timer;
  let first;
  return () => {
    first ??= performance.now();
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        first = undefined;
        act();
      },
      Math.min(REST_MS, Math.max(0, first + MOST_MS - performance.now())),
    );
  };
}

/** @returns the upstream's text: every container of the app that runs, whatever its health */
async function upstreamOf(rival) {
  const filters = [`label=com.docker.compose.project=${rival.project}`, 'label=bench.web=true', 'status=running'];
  const listed = await rival.docker('ps', '--quiet', ...filters.flatMap((filter) => ['--filter', filter]));
  const servers = (await addressesOf(rival, listed.split('\n').filter(Boolean))).map((address) => `server ${address}:8000;`);
  return `upstream app {\n${servers.join('\n') || 'server 127.0.0.1 down;'}\nkeepalive ${servers.length * 2 || 1};\n}\n`;
}

/** One that goes away in between has no address any more. */
async function addressesOf(rival, ids) {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const each = await Promise.all(ids.map((id) => rival.docker('inspect', '--format', format, id).catch(() => '')));
  return each
    .map((address) => address.trim())
    .filter(Boolean)
    .sort();
}
