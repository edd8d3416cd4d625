// npm run bench:rollback [-- --runs 5]
// How long it takes to go back: rollback.mjs minus an empty `npx zx` script, its drain shown apart, medians of one run.
//   warm      RETIRE=warm: the old web services still run (aim: at most 0.5 s)
//   stopped   RETIRE=stop: they are started again; minus the time that starting them takes by itself
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchStack, deploy, median, root, timed } from './stack.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const versions = ['v1', 'v2'];

for (const retire of ['warm', 'stop']) {
  const stack = await benchStack({ KEEPALIVE_TIMEOUT: '2s', DRAIN_TIMEOUT: '10s', RETIRE: retire }, versions);
  try {
    const empty = join(root, 'dist/empty.mjs');
    await writeFile(empty, "console.log('hello');\n");
    await deploy(stack, 'v1');
    await deploy(stack, 'v2');
    const rows = [];
    for (let run = 0; run < Number(values.runs); run++) {
      const nothing = await timed('npx', ['zx', empty]);
      const back = await timed('npx', ['zx', 'scripts/rollback.mjs', '--dotenv', stack.dotenv, '--json']);
      const { steps } = JSON.parse(back.stdout);
      const of = (...ids) => steps.filter(({ id }) => ids.includes(id)).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
      rows.push({
        all: back.milliseconds - nothing.milliseconds - of('drain'),
        // What clients see: everything until the new workers are started.
        moved:
          back.milliseconds - nothing.milliseconds - Math.max(of('drain'), of('hand-over'), of('start-workers')) - of('retire', 'record'),
        starting: of('start-web', 'healthy'),
        steps: steps.map(({ id, milliseconds }) => `${id} ${milliseconds}`).join(', '),
      });
      console.log(rows.at(-1).steps);
      await deploy(stack, 'v2');
    }
    const ms = (key) => Math.round(median(rows.map(key)));
    console.log(
      `${retire}: until traffic is moved and verified  ${ms(({ moved }) => moved)} ms${retire === 'warm' ? ' (aim: at most 500)' : ''}`,
    );
    console.log(`${retire}: all of it, without the drain          ${ms(({ all }) => all)} ms`);
    if (retire === 'stop')
      console.log(`${retire}: all of it, minus starting the web services ${ms(({ all, starting }) => all - starting)} ms`);
  } finally {
    await stack.remove();
  }
}
