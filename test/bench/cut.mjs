// npm run bench:cut [-- --cuts 100 --rivals 5 --markdown]   (--help lists the rest)
// Moves traffic between two running colours under load and counts what clients lose; then whole deploys, and the ways a person
// would otherwise switch versions on one host, under the same load.
import { cpus, loadavg } from 'node:os';
import { printError } from '../../dist/cli/output.js';
import { messageOf, SlipwayError } from '../../dist/errors.js';
import { makeCuts } from './cut/cuts.mjs';
import { watchForLosses } from './cut/evidence.mjs';
import { parseOptions, usage } from './cut/options.mjs';
import { aroundCuts, markdown, rowOf, words } from './cut/report.mjs';
import { makeSwitches } from './cut/switches.mjs';
import { measure, rivals } from './rivals/index.mjs';
import { benchStack, deploy, timed } from './stack.mjs';

async function bench(options, say, signal) {
  const before = loadavg()[0];
  say('a stack with two versions of the sample app is made');
  const stack = await benchStack({ KEEPALIVE_TIMEOUT: '2s', DRAIN_TIMEOUT: '10s', RETIRE: 'warm' }, ['v1', 'v2']);
  try {
    await deploy(stack, 'v1');
    await deploy(stack, 'v2');
    const run = await makeCuts(stack, options, say, signal);
    const cuts = rowOf('Slipway: cut between two running colours', run);
    const around = aroundCuts(run);
    const { rows, failures } = options.rivals > 0 ? await otherWays(stack, options, say, signal) : { rows: [], failures: [] };
    const ok = failures.length === 0 && [cuts, ...rows].every(({ ours, lost, refused }) => ours === false || lost + refused === 0);
    const machine = { cpus: cpus().length, before, after: loadavg()[0] };
    return { ok, options, machine, cuts, around, rows: [cuts, ...rows], failures };
  } finally {
    await stack.remove();
  }
}

/** A way that fails altogether does not take the figures of the others with it. */
async function otherWays(stack, options, say, signal) {
  const rows = [];
  const failures = [];
  const add = async (title, isOurs, run) => {
    say(`${options.rivals} × ${title}`);
    try {
      rows.push({ ours: isOurs, ...rowOf(title, await run()) });
    } catch (error) {
      if (signal.aborted) throw error;
      failures.push(`${title}: ${messageOf(error)}`);
    }
  };
  await add('Slipway: whole `deploy.mjs`, drain included', true, () => wholeDeploys(stack, options, say, signal));
  for (const rival of rivals) await add(rival.title, false, () => measure(rival, stack, options, signal));
  return { rows, failures };
}

/** The old colour is stopped after each deploy, as by default. */
function wholeDeploys(stack, options, say, signal) {
  const switchTo = (version) => timed('npx', ['zx', 'scripts/deploy.mjs', version, '--dotenv', stack.dotenv], { RETIRE: 'stop' });
  const watch = (load) => watchForLosses(load, stack, say);
  return makeSwitches({ port: stack.http, switchTo, watch }, options.rivals, options, signal);
}

function print(result, { json, markdown: tableOnly }) {
  if (json) console.log(JSON.stringify(result, undefined, 2));
  else console.log(tableOnly ? markdown(result.rows) : `\n${words(result)}\n\n${markdown(result.rows)}`);
}

const interrupt = new AbortController();
const interrupted = new SlipwayError('interrupted; what the benchmark had made is removed', { exitCode: 130 });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupt.abort(interrupted));

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(usage);
  else {
    const say = options.json || options.markdown ? console.error : console.log;
    const result = await bench(options, say, interrupt.signal);
    print(result, options);
    process.exitCode = result.ok ? 0 : 1;
  }
} catch (error) {
  const { aborted } = interrupt.signal;
  printError(aborted && error.name === 'AbortError' ? interrupted : error);
  process.exitCode = aborted ? interrupted.exitCode : (error.exitCode ?? 1);
}
