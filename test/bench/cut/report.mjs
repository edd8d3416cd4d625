// What a run came to, as data and as text. Pure.
import { longestOutage, summarise } from '../../../dist/load/summary.js';

/** A request counts as sent during a cut from the moment it was asked for until this long after it (ms). */
const DURING_MS = 500;

/**
 * @param way what was done, for people
 * @param run what makeCuts and makeSwitches return
 * @returns one line of the table: counts, and times in milliseconds
 */
export function rowOf(way, { samples, cuts, posts }) {
  const { reasons, ...counts } = summarise(samples);
  const answered = samples.filter(({ method, status }) => method === 'POST' && status >= 200 && status < 300).length;
  const times = cuts.map(({ from, to }) => to - from).sort((a, b) => a - b);
  return {
    way,
    switches: cuts.length,
    ...counts,
    reasons,
    switchMs: times[Math.floor(times.length / 2)] ?? 0,
    outageMs: longestOutage(samples),
    posts: { answered, counted: posts },
  };
}

/** @returns answer times around the cuts and in the quiet time of the same run, and how soon the old release was gone */
export function aroundCuts({ samples, cuts }) {
  const isDuring = ({ at }) => cuts.some(({ from, to }) => at >= from && at < to + DURING_MS);
  const during = summarise(samples.filter(isDuring));
  const quiet = summarise(samples.filter((sample) => !isDuring(sample)));
  const moved = cuts.filter(({ to, release }, index) => {
    const until = cuts[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const later = samples.filter(({ at, status }) => at >= to + DURING_MS && at < until && status !== 0);
    return later.length > 0 && later.every((sample) => sample.release === release);
  });
  const mean = (of) => cuts.reduce((sum, cut) => sum + of(cut), 0) / cuts.length;
  return {
    during: { sent: during.sent, p50: during.p50, p99: during.p99 },
    quiet: { sent: quiet.sent, p50: quiet.p50, p99: quiet.p99 },
    ratio: during.p99 / quiet.p99,
    moved: moved.length,
    drainMs: mean(({ from, drained }) => drained - from),
  };
}

const number = (value) => value.toLocaleString('en-US');
const seconds = (ms) => `${(ms / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`;

/** @returns the rows as a Markdown table */
export function markdown(rows) {
  const head = [
    'way of switching',
    'switches',
    'requests',
    'lost',
    'refused (non-2xx)',
    'bad a switch',
    'a switch takes',
    'longest outage',
    'p99',
  ];
  const cells = rows.map((row) => [
    row.way,
    number(row.switches),
    number(row.sent),
    number(row.lost),
    number(row.refused),
    ((row.lost + row.refused) / row.switches).toFixed(row.lost + row.refused === 0 ? 0 : 1),
    seconds(row.switchMs),
    seconds(row.outageMs),
    `${row.p99.toFixed(0)} ms`,
  ]);
  return [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** @returns what a person reads beside the table */
export function words({ options, machine, cuts, around, rows, failures }) {
  const bad = rows.filter(({ lost, refused }) => lost + refused > 0).map(({ way, reasons }) => `  ${way}: ${JSON.stringify(reasons)}`);
  return [
    `${cuts.switches} cuts: traffic moved to and fro between two colours that run, by the edge's own cut, as in a warm rollback (no container is started).`,
    `Load: ${options.connections} clients that keep their connection, ${options.fresh} with a new one for each request, half of them GET, half POST, never retried, up to ${options.think} ms between two requests.`,
    `${number(cuts.sent)} requests during the cuts${cuts.sent < options.requests ? `, not the ${number(options.requests)} that were wanted: the ${options.minutes} minutes were over` : ''}: ${cuts.lost} lost, ${cuts.refused} refused. ${number(cuts.posts.answered)} POSTs were answered, the app counted ${number(cuts.posts.counted)}.`,
    `Moved: after ${around.moved} of ${cuts.switches} cuts every request sent ${DURING_MS} ms later or after that was answered by the new release; the drain took ${seconds(around.drainMs)} on average.`,
    `p99 during ÷ between cuts: ${around.during.p99.toFixed(1)} ÷ ${around.quiet.p99.toFixed(1)} ms = ${around.ratio.toFixed(2)} (aim: at most 2); p50 ${around.during.p50.toFixed(1)} and ${around.quiet.p50.toFixed(1)} ms.`,
    `Machine: ${machine.cpus} processors shared by clients, proxy, app and data; load average ${machine.before.toFixed(1)} before, ${machine.after.toFixed(1)} after.`,
    ...failures.map((failure) => `Not measured: ${failure}`),
    ...(bad.length > 0 ? ['Why requests were lost or refused, and how often:', ...bad] : []),
  ].join('\n');
}
