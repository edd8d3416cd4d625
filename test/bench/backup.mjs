// npm run bench:backup [-- --gib 1 --tables 1 --runs 3]
// What a backup costs beyond the programs that it is made of, in one run, interleaved, medians:
//   our chain into a discarding S3 endpoint  ÷  pg_dump -Fc -Z0 | zstd -3 > /dev/null      (aim ≤ 1.15)
//   our restore                              ÷  pg_restore -j2 of the unpacked dump        (aim ≤ 1.15)
//   peak memory of the process                                                            (aim ≤ 256 MiB)
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { loadConfig } from '../../dist/config/load.js';
import { freePort } from '../../dist/demo/free-port.js';
import { removeStack } from '../../dist/deploy/power/remove-stack.js';
import { Docker } from '../../dist/engine/docker.js';
import { ensureDotenv } from '../../dist/setup/dotenv.js';
import { chooseImages } from '../../dist/setup/image-choice.js';
import { exec, median, root, timed } from './stack.mjs';

const { values } = parseArgs({
  options: {
    gib: { type: 'string', default: '1' },
    tables: { type: 'string', default: '1' },
    runs: { type: 'string', default: '3' },
  },
});
const docker = new Docker();
const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
const name = `bench-backup-${process.pid}`;
const http = await freePort(18_000);
const dotenv = join(folder, 'env');
const settings = {
  STACK: name,
  HTTP_PORT: String(http),
  HTTPS_PORT: String(await freePort(http + 1)),
  BACKUP_SCHEDULE: 'off',
  BACKUP_DRILL_SCHEDULE: 'off',
};
await ensureDotenv({ path: dotenv, docker, values: settings, images: await chooseImages(docker) });
const config = await loadConfig(dotenv);
const cron = `${name}-cron-1`;

const inCron = async (...command) => (await timed('docker', ['exec', cron, ...command])).milliseconds / 1_000;
const program = async (...words) =>
  JSON.parse(
    (await exec('docker', ['exec', cron, 'node', '--max-semi-space-size=2', '/var/lib/slipway/scratch/bench.mjs', ...words])).stdout,
  );
const sql = (text, database = 'postgres') =>
  exec('docker', ['exec', `${name}-postgres-1`, 'psql', '-v', 'ON_ERROR_STOP=1', '-qAtU', 'postgres', '-d', database, '-c', text]);
const asSuperuser = 'export PGHOST=postgres PGUSER=postgres PGPASSWORD="$(cat /run/secrets/POSTGRES_PASSWORD)"; ';

try {
  await timed('npx', ['zx', 'scripts/base.mjs', 'up', '--dotenv', dotenv]);
  await fill(Number(values.gib), Number(values.tables));
  await putProgram();
  await exec('docker', ['exec', '-d', cron, 'node', '/var/lib/slipway/scratch/s3.mjs', '9199']);

  const rows = [];
  await program('put', 'bench').then((object) => (rows.object = object));
  await inCron('sh', '-c', `${asSuperuser} pg_dump -Fc -Z0 bench > /var/lib/slipway/scratch/plain.dump`);
  for (let run = 0; run < Number(values.runs); run++) {
    const plain = await inCron('bash', '-c', `set -o pipefail; ${asSuperuser} pg_dump -Fc -Z0 bench | zstd -3 -q > /dev/null`);
    const chain = await program('chain', 'http://127.0.0.1:9199', 'bench');
    await sql('CREATE DATABASE plain');
    const plainRestore = await inCron(
      'sh',
      '-c',
      `${asSuperuser} pg_restore --exit-on-error -j2 -d plain /var/lib/slipway/scratch/plain.dump`,
    );
    await sql('DROP DATABASE plain');
    const ours = await program('restore', JSON.stringify(rows.object), 'ours');
    await sql('DROP DATABASE ours');
    rows.push({ plain, chain: chain.seconds, peak: chain.peak, plainRestore, restore: ours.seconds, restorePeak: ours.peak });
    console.log(
      `run ${run + 1}: pg_dump | zstd ${plain.toFixed(2)} s, our chain ${chain.seconds.toFixed(2)} s; pg_restore ${plainRestore.toFixed(2)} s, our restore ${ours.seconds.toFixed(2)} s`,
    );
  }
  const of = (key) => median(rows.map((row) => row[key]));
  const MiB = (bytes) => Math.round(bytes / 1024 ** 2);
  const { plain, stored } = rows.object;
  console.log(`dump ${MiB(plain.bytes)} MiB, stored ${MiB(stored.bytes)} MiB`);
  console.log(`our chain ÷ pg_dump | zstd:        ${(of('chain') / of('plain')).toFixed(2)} (aim: at most 1.15)`);
  console.log(`our restore ÷ pg_restore -j2:      ${(of('restore') / of('plainRestore')).toFixed(2)} (aim: at most 1.15)`);
  console.log(
    `peak memory of the backup's process: ${MiB(Math.max(...rows.map(({ peak }) => peak)))} MiB (aim: at most 256), of the restore's: ${MiB(Math.max(...rows.map(({ restorePeak }) => restorePeak)))} MiB`,
  );
} finally {
  await removeStack(docker, config.names);
  await rm(folder, { recursive: true });
}

/** Rows as apps have them: numbers, texts of words, JSON, times; some of it compresses, some does not. Two indexes a table. */
async function fill(gib, tables) {
  await sql('CREATE DATABASE bench');
  // About 400 bytes a row in the dump.
  const each = Math.round((gib * 1024 ** 3) / 400 / tables);
  const words = "(ARRAY['order','invoice','customer','delivery','payment','refund','address','product','basket','coupon'])";
  for (let table = 1; table <= tables; table++) {
    const events = `events_${table}`;
    await sql(`CREATE TABLE ${events} (id bigint, account int, at timestamptz, name text, token text, data jsonb)`, 'bench');
    await sql(
      `INSERT INTO ${events} SELECT g, (random() * 50000)::int, now() - g * interval '1 second',
         ${words}[1 + (g % 10)] || ' ' || ${words}[1 + (g / 10 % 10)], md5(g::text) || md5((g * 7)::text),
         jsonb_build_object('price', (random() * 10000)::int, 'currency', 'EUR', 'note', repeat(${words}[1 + (g / 100 % 10)] || ' ', 20), 'ref', md5(random()::text))
       FROM generate_series(1, ${each}) g`,
      'bench',
    );
    await sql(
      `ALTER TABLE ${events} ADD PRIMARY KEY (id); CREATE INDEX ON ${events} (account, at); ANALYZE ${events}; CHECKPOINT`,
      'bench',
    );
  }
}

async function putProgram() {
  const bundle = join(folder, 'bench.mjs');
  const options = { bundle: true, platform: 'node', target: 'node20', format: 'esm', external: ['pg-native'], logLevel: 'warning' };
  const banner = { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" };
  await build({ ...options, banner, entryPoints: [join(root, 'test/bench/backup-program.mjs')], outfile: bundle });
  for (const [from, to] of [
    [bundle, 'bench.mjs'],
    [join(root, 'dist/bundle/meter.mjs'), 'meter.mjs'],
    [join(root, 'test/bench/discarding-s3.mjs'), 's3.mjs'],
  ])
    await exec('docker', ['cp', '--quiet', from, `${cron}:/var/lib/slipway/scratch/${to}`]);
}
