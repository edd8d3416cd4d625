// Runs inside the cron container for bench:backup: the same modules that the container's program is made of.
//   chain ENDPOINT DATABASE     dump → checksum → zstd → checksum → S3, discarding; prints seconds, bytes, peak memory
//   put DATABASE                the same into the local store, and the object's description
//   restore OBJECT TARGET       from the local store into a new database: unpack, check, load, count rows, analyse
import { readFileSync } from 'node:fs';
import { databasePart } from '../../dist/backup/kinds/postgres.js';
import { fetchDump, loadDatabase } from '../../dist/backup/restore/load-database.js';
import { contextOf } from '../../dist/backup/run/context.js';
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
  const local = { ...context.stores[0], get: () => context.stores[0].get('bench/20260101_000000/dump') };
  const source = { context, manifest: { set: '20260101_000000', objects: [object] }, stores: [local] };
  await inScratch(context.paths.scratch, async (folder) => {
    await loadDatabase(context, await fetchDump(source, object.source, folder), second, folder);
  });
  result = {};
}
process.stdout.write(`${JSON.stringify({ ...result, seconds: (performance.now() - began) / 1_000, peak: peak() })}\n`);
process.exit(0);
