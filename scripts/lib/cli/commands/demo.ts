import { existsSync } from 'node:fs';
import type { DemoReport } from '../../demo/demo.js';
import { exitCodes, UsageError } from '../../errors.js';
import { askOnTerminal } from '../ask.js';
import type { Command } from '../command.js';
import type { Output } from '../output.js';
import { setupProgress } from '../setup-progress.js';

export const command: Command = {
  summary: 'Shows the main job on this machine: v1.1, then v1.2 under load, then a broken v1.3 that is refused.',
  usage: ['up --yes', 'down'],
  words: 1,
  flags: {},
  help: {},
  opening: ({ words }) => `demo ${words[0] ?? ''}`,
  run: async ({ values, words }, output) => {
    const [action] = words;
    if (action === 'up') return up(values.yes === true, output);
    if (action === 'down') return down(output);
    throw new UsageError(action === undefined ? 'an action is missing' : `${JSON.stringify(action)}: is no action`, {
      hints: ['type: npm run demo   or: npm run demo:down'],
    });
  },
};

async function up(yes: boolean, output: Output) {
  const [{ demo, demoDotenv }, { setup }, { freePort }] = await Promise.all([
    import('../../demo/demo.js'),
    import('../../setup/setup.js'),
    import('../../demo/free-port.js'),
  ]);
  const fresh = !existsSync(demoDotenv);
  const http = fresh ? await freePort(8080) : 0;
  await setup({
    yes,
    ask: askOnTerminal(output),
    progress: setupProgress(output),
    dotenv: demoDotenv,
    values: fresh
      ? {
          STACK: 'slipway-demo',
          HTTP_PORT: String(http),
          HTTPS_PORT: String(await freePort(Math.max(8443, http + 1))),
          // The load comes from one address, which the limits of a real site would refuse.
          RATE_API: 'off',
          RATE_AUTH: 'off',
          RATE_ADDRESS: 'off',
          KEEPALIVE_TIMEOUT: '5s',
          DRAIN_TIMEOUT: '10s',
          STACK_MEMORY: '2g',
        }
      : {},
  });
  const report = await demo(output.line);
  for (const line of words(report, output)) output.line(line);
  return { result: report, exitCode: report.ok ? exitCodes.done : exitCodes.failed };
}

async function down(output: Output) {
  const [{ demoDown }, { Docker }] = await Promise.all([import('../../demo/demo.js'), import('../../engine/docker.js')]);
  const removed = await demoDown(new Docker());
  output.line(
    removed
      ? `removed ${removed.containers} containers, ${removed.networks} networks, ${removed.volumes} volumes, ${removed.images} images and .env.demo`
      : 'there is no demo',
  );
  return { result: removed ?? {} };
}

function words({ parts, seconds, slow, socket, refused, ok, url }: DemoReport, { paint }: Output): string[] {
  const cells = parts.map(({ title, summary }) => [
    title,
    String(summary.sent),
    String(summary.lost),
    String(summary.refused),
    `${summary.p50.toFixed(1)} ms`,
    `${summary.p99.toFixed(1)} ms`,
  ]);
  const rows = [['', 'sent', 'lost', 'non-2xx', 'p50', 'p99'], ...cells];
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map(
    (row) => `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`,
  );
  const closes =
    socket.closes.length === 0
      ? 'never closed'
      : `closed ${socket.closes.length} time(s) when its drain was over, open again after ${socket.reconnects.map((ms) => `${Math.round(ms)} ms`).join(', ')}`;
  return [
    '',
    ...table,
    '',
    `  5-second requests: ${slow.finished} finished, ${slow.lost} lost, ${slow.acrossTheCut} of them across the cut`,
    `  websocket: ${socket.echoes} echoes, ${closes}`,
    `  seconds: ${Object.entries(seconds)
      .map(([what, time]) => `${what} ${time.toFixed(1)}`)
      .join(', ')}`,
    `  broken v1.3: ${refused ? 'refused, v1.2 served throughout' : paint('red', 'was NOT refused')}`,
    '',
    ok ? paint('green', 'nothing was lost') : paint('red', 'something was lost: see the table'),
    '',
    `look at it:  ${url}   and: npx zx scripts/status.mjs --dotenv .env.demo`,
    'deploy more: npx zx scripts/deploy.mjs v1.4 --dotenv .env.demo',
    'remove it:   npm run demo:down',
  ];
}
