// Runs inside the cron container for bench:backup: the same modules that the container's program is made of.
//   chain ENDPOINT DATABASE     dump → checksum → zstd → checksum → S3, discarding; prints seconds, bytes, peak memory
//   put DATABASE                the same into the local store, and the object's description
//   restore OBJECT TARGET       from the local store: unpack, check, pg_restore -j2, count rows
import { readFileSync } from 'node:fs';
import { pgRestore } from '../../dist/backup/kinds/pg-restore.js';
import { databasePart } from '../../dist/backup/kinds/postgres.js';
import { withPostgres } from '../../dist/backup/kinds/postgres-client.js';
import { countRows, differences } from '../../dist/backup/kinds/rows.js';
import { contextOf } from '../../dist/backup/run/context.js';
import { download } from '../../dist/backup/run/download.js';
import { s3Store } from '../../dist/backup/store/s3.js';
import { inScratch } from '../../dist/backup/throwaway/folder.js';
import { readCronSettings } from '../../dist/config/cron.js';

const [action, first, second] = process.argv.slice(2);
const context = await contextOf(readCronSettings(), () => {}, new AbortController().signal);
const began = performance.now();
const peak = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;

async function store(database, target) {
  const part = databasePart(context.postgres, database, 0);
  const packed = part.pack({ recipients: [], signal: context.signal });
  await target.put('bench/20260101_000000/dump', packed.body);
  return { name: 'dump.zst', kind: 'postgres', source: database, ...packed.digests(), seconds: 0, ...(await part.facts()) };
}

let result;
if (action === 'chain') {
  const s3 = s3Store({
    bucket: 'bench',
    prefix: '',
    endpoint: first,
    region: 'us-east-1',
    accessKeyId: 'x',
    secretAccessKey: 'y',
    pathStyle: true,
    maxParts: 10_000,
  });
  result = await store(second, s3);
} else if (action === 'put') {
  result = await store(first, context.stores[0]);
} else {
  const object = JSON.parse(first);
  const manifest = { set: '20260101_000000' };
  const local = { ...context.stores[0], get: () => context.stores[0].get('bench/20260101_000000/dump') };
  await inScratch(context.paths.scratch, async (folder) => {
    const file = await download(context, local, manifest, object, folder);
    await pgRestore({ server: context.postgres.server, environment: context.environment, folder, signal: context.signal }, second, [file]);
    const problems = differences(object.rows, await withPostgres(context.postgres.server, second, countRows));
    if (problems.length > 0) throw new Error(problems.join('; '));
  });
  result = {};
}
process.stdout.write(`${JSON.stringify({ ...result, seconds: (performance.now() - began) / 1_000, peak: peak() })}\n`);
process.exit(0);
