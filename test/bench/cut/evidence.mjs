// What is kept when a request of ours is lost: the edge's log and the app's of the time around it, before they rotate away.
import { appendFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../stack.mjs';

/** How much of the log is kept before the look that found a loss (s): a look comes after each switch. */
const BEFORE_S = 30;
/** One story is enough to find a cause; a broken stack would fill the disk. */
const MOST_STORIES = 10;

/**
 * @param load a running load
 * @param stack the stack that it goes to
 * @param say a line for the person
 * @returns `look`, to be called now and then: it reads what has come since, and keeps the logs when something was lost; `count`,
 * how many requests were lost or refused until the last look
 */
export function watchForLosses(load, { name }, say) {
  let seen = 0;
  let count = 0;
  let stories = 0;
  const look = async () => {
    const bad = load.samples.slice(seen).filter(({ status }) => status < 200 || status > 299);
    seen = load.samples.length;
    count += bad.length;
    if (bad.length === 0 || ++stories > MOST_STORIES) return;
    const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-lost-'));
    const origin = performance.timeOrigin;
    const told = bad.map((sample) => JSON.stringify({ ...sample, sent: new Date(origin + sample.at).toISOString() }));
    await appendFile(join(folder, 'lost.jsonl'), `${told.join('\n')}\n`);
    const { stdout } = await exec('docker', ['ps', '-a', '--filter', `name=^${name}-`, '--format', '{{.Names}}']);
    for (const container of stdout.split('\n').filter((one) => /-(edge|backend)-\d+$/.test(one))) {
      const logs = await exec('docker', ['logs', '--timestamps', '--since', `${BEFORE_S}s`, container], { maxBuffer: 1024 ** 3 });
      await appendFile(join(folder, `${container}.log`), logs.stdout + logs.stderr);
    }
    say(`${bad.length} lost or refused: the requests and the logs around them are in ${folder}`);
  };
  return { look, count: () => count };
}
