// npm run bench:deploy [-- --runs 5]
// What a deploy costs beyond starting the containers: deploy.mjs on ready images, minus plain `docker compose up -d --wait`
// of the same services, minus an empty `npx zx` script. The drain is shown apart. All in one run, medians.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchStack, deploy, median, root, timed } from './stack.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const runs = Number(values.runs);
const versions = ['v1', 'v2'];
const stack = await benchStack({ KEEPALIVE_TIMEOUT: '2s', DRAIN_TIMEOUT: '10s', RETIRE: 'stop' }, versions);
const plain = { ...process.env, ...stack.config.raw, COLOUR: 'plain' };
const compose = (version, ...args) =>
  timed('docker', ['compose', '-p', `${stack.name}-plain`, '-f', join(root, 'test/bench/app.yml'), ...args], {
    ...plain,
    VERSION: version,
    RELEASE: version,
  });

try {
  const empty = join(root, 'dist/empty.mjs');
  await writeFile(empty, "console.log('hello');\n");
  await deploy(stack, 'v1');
  await deploy(stack, 'v2');
  // Like the idle colour, the plain project has stopped containers of another version to replace.
  await compose('v1', 'up', '-d', '--wait');
  await compose('v1', 'stop');

  const rows = [];
  for (let run = 0; run < runs; run++) {
    const version = versions[run % 2];
    const nothing = await timed('npx', ['zx', empty]);
    const ours = await deploy(stack, version, '--json');
    const { steps } = JSON.parse(ours.stdout);
    const drain = steps.find(({ id }) => id === 'drain').milliseconds;
    const up = await compose(versions[(run + 1) % 2], 'up', '-d', '--wait');
    await compose(versions[(run + 1) % 2], 'stop');
    const of = (id) => steps.find((step) => step.id === id).milliseconds;
    rows.push({
      beyond: Math.max(of('start-workers'), of('hand-over')) + of('retire'),
      deploy: ours.milliseconds,
      drain,
      up: up.milliseconds,
      empty: nothing.milliseconds,
      first: ours.first,
      firstEmpty: nothing.first,
    });
    console.log(steps.map(({ id, milliseconds }) => `${id} ${milliseconds}`).join(', '));
    console.log(
      Object.entries(rows.at(-1))
        .map(([key, value]) => `${key} ${Math.round(value)} ms`)
        .join('  '),
    );
  }
  const overhead = rows.map((row) => row.deploy - row.drain - row.up - row.empty);
  const first = rows.map((row) => row.first - row.firstEmpty);
  console.log(`deploy − drain − compose up − empty script: median ${Math.round(median(overhead))} ms (aim: at most 1000)`);
  console.log(
    `  of it, what plain up does not do in turn: workers started after the cut, the old colour stopped: median ${Math.round(median(rows.map((row) => row.beyond)))} ms`,
  );
  console.log(`drain, with no connection open:              median ${Math.round(median(rows.map((row) => row.drain)))} ms`);
  console.log(`first line − first line of an empty script: median ${Math.round(median(first))} ms (aim: at most 200)`);
} finally {
  await compose('v1', 'down', '--timeout', '1').catch((error) => console.error(error.message));
  await stack.remove();
}
