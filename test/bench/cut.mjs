// npm run bench:cut [-- --cuts 20 --connections 50 --gap 3000]
// Cuts back and forth between two running colours under load. Counts what clients lose, and compares the answer times of
// the requests sent around a cut with those of the same run's quiet time.

import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { resolveApp } from '../../dist/deploy/resolve.js';
import { findSource } from '../../dist/deploy/source.js';
import { Edge } from '../../dist/edge/edge.js';
import { renderEdge } from '../../dist/edge/render.js';
import { Compose } from '../../dist/engine/compose.js';
import { Deck } from '../../dist/engine/deck/deck.js';
import { startLoad } from '../../dist/load/load.js';
import { summarise } from '../../dist/load/summary.js';
import { benchStack, deploy } from './stack.mjs';

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '20' },
    connections: { type: 'string', default: '50' },
    fresh: { type: 'string', default: '20' },
    gap: { type: 'string', default: '3000' },
  },
});
const [cuts, connections, fresh, gap] = [values.cuts, values.connections, values.fresh, values.gap].map(Number);
/** A request counts as sent during a cut from the moment it was asked for until this long after it (ms). */
const DURING_MS = 500;

const stack = await benchStack({ KEEPALIVE_TIMEOUT: '2s', DRAIN_TIMEOUT: '10s', RETIRE: 'warm' }, ['v1', 'v2']);
try {
  await deploy(stack, 'v1');
  await deploy(stack, 'v2');
  const { docker, config } = stack;
  const source = await findSource(config, 'v2');
  const release = (colour) => ({ colour, version: colour === 'blue' ? 'v1' : 'v2', release: 'bench' });
  const { app } = await resolveApp(new Compose(docker.endpoint), config, source, release('blue'));
  const deck = await Deck.open(docker, { names: config.names, image: config.settings.NODE_IMAGE, command: 'bench:cut' });
  const edge = await Edge.find(docker, config.names);

  const load = startLoad({
    host: '127.0.0.1',
    port: stack.http,
    connections,
    fresh,
    thinkTime: 100,
    get: '/api/notes',
    post: { path: '/api/counter', body: '{}' },
    limit: { requests: 3_000_000, milliseconds: cuts * (gap + 5_000) + 60_000 },
  });
  await delay(gap);
  const moments = [];
  const drains = [];
  for (let cut = 0; cut < cuts; cut++) {
    const colour = cut % 2 === 0 ? 'blue' : 'green';
    const began = performance.now();
    const { drained } = await edge.cut(
      deck.token,
      renderEdge('live', { ...release(colour), token: deck.token, services: app.services }, config.settings),
    );
    moments.push([began, performance.now()]);
    void drained.then(() => drains.push(performance.now() - began));
    await delay(gap);
  }
  await load.stop();
  await deck.close();

  const isDuring = ({ at }) => moments.some(([from, to]) => at >= from && at < to + DURING_MS);
  const during = summarise(load.samples.filter(isDuring));
  const quiet = summarise(load.samples.filter((sample) => !isDuring(sample)));
  const all = summarise(load.samples);
  const releases = new Set(load.samples.map((sample) => sample.release));
  const line = (name, { sent, lost, refused, p50, p99 }) =>
    console.log(
      `${name.padEnd(16)} ${String(sent).padStart(8)} sent  ${lost} lost  ${refused} non-2xx  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`,
    );
  console.log(
    `${cuts} cuts, ${connections} keep-alive connections and ${fresh} clients with a new connection each time, GET and POST that are never retried, answered by ${[...releases].join(' and ')}`,
  );
  line('during a cut', during);
  line('between cuts', quiet);
  line('all', all);
  if (Object.keys(all.reasons).length > 0) console.log('reasons:', all.reasons);
  console.log(`p99 during ÷ p99 between: ${(during.p99 / quiet.p99).toFixed(2)} (aim: at most 2)`);
  console.log(
    `a cut took ${(moments.reduce((sum, [from, to]) => sum + to - from, 0) / cuts).toFixed(0)} ms, its drain ${(drains.reduce((sum, ms) => sum + ms, 0) / drains.length / 1000).toFixed(1)} s on average`,
  );
  process.exitCode = all.lost + all.refused > 0 ? 1 : 0;
} finally {
  await stack.remove();
}
