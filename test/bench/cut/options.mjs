// What bench:cut can be told. Pure: the words that were typed come in, the options or a UsageError come out.
import { parseArgs } from 'node:util';
import { nearest } from '../../../dist/config/nearest.js';
import { messageOf, UsageError } from '../../../dist/errors.js';

/** Each number: its default, its bounds, and what it means. */
const numbers = {
  cuts: [20, 1, 1_000, 'how many times traffic is moved between two running colours'],
  requests: [undefined, 1, 10_000_000, 'how many requests are sent meanwhile (10,000 a cut)'],
  minutes: [15, 1, 120, 'the cuts are over by then, however few requests were sent'],
  rivals: [5, 0, 100, 'how many switches each other way makes, and how many whole deploys; 0: none'],
  connections: [50, 0, 1_000, 'clients that keep their connection'],
  fresh: [20, 0, 1_000, 'clients that open a connection for each request'],
  think: [60, 0, 60_000, 'a client waits a random time up to this many milliseconds between two requests'],
};
const switches = {
  json: 'one JSON document on stdout, progress on stderr',
  markdown: 'the table alone on stdout, ready to be pasted; progress on stderr',
  help: 'this text',
};

export const usage = [
  'npm run bench:cut -- [--cuts 100] [--rivals 5] [--json | --markdown]',
  '',
  ...Object.entries(numbers).map(([name, [value, , , what]]) => line(`--${name} N`, `${what}${value === undefined ? '' : ` (${value})`}`)),
  ...Object.entries(switches).map(([name, what]) => line(`--${name}`, what)),
  '',
  'Exit codes: 0 done, 1 a request of ours was lost or refused, 2 usage, 130 interrupted.',
].join('\n');

function line(flag, what) {
  return `  ${flag.padEnd(16)} ${what}`;
}

/**
 * @param typed the words after the script's name
 * @returns a number for each numeric flag, a boolean for each switch
 * @throws UsageError that names every problem
 */
export function parseOptions(typed) {
  const values = parsed(typed);
  const problems = [];
  const options = Object.fromEntries(Object.keys(switches).map((name) => [name, values[name] === true]));
  for (const [name, [fallback, least, most]] of Object.entries(numbers)) {
    const text = values[name];
    options[name] = text === undefined ? fallback : Number(text);
    const isFit = text === undefined || (/^\d+$/.test(text) && options[name] >= least && options[name] <= most);
    if (!isFit) problems.push(`--${name}: ${shouldBe(name)}, got ${JSON.stringify(text)}`);
  }
  options.requests ??= options.cuts * 10_000;
  if (options.json && options.markdown) problems.push('--json, --markdown: only one of them can have stdout');
  if (problems.length === 0 && options.connections + options.fresh === 0)
    problems.push('--connections, --fresh: without any client nothing is measured');
  if (problems.length > 0) throw refusal(problems);
  return options;
}

function parsed(typed) {
  const options = {
    ...Object.fromEntries(Object.keys(numbers).map((name) => [name, { type: 'string' }])),
    ...Object.fromEntries(Object.keys(switches).map((name) => [name, { type: 'boolean' }])),
  };
  try {
    return parseArgs({ args: [...typed], options, strict: true }).values;
  } catch (error) {
    const flag = /'--([a-z-]+)/.exec(messageOf(error))?.[1] ?? '';
    if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const near = nearest(flag, Object.keys(options));
      throw refusal([`--${flag}: there is no such flag${near ? `; did you mean --${near}?` : ''}`]);
    }
    if (flag in numbers) throw refusal([`--${flag}: ${shouldBe(flag)}`]);
    throw refusal([messageOf(error).split(/\. |\n/)[0]]);
  }
}

function shouldBe(name) {
  const [, least, most] = numbers[name];
  return `should be a whole number from ${least} to ${most}`;
}

function refusal([first, ...others]) {
  return new UsageError(first, { details: others, hints: ['type: npm run bench:cut -- --help'] });
}
