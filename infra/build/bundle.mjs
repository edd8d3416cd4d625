// Makes of the compiled program what is run: one set of files for the commands, one file each for the cron container's programs.
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  external: ['pg-native'],
  legalComments: 'none',
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
  // What is CommonJS asks for Node's own modules by `require`.
  banner: { js: "import{createRequire as $makeRequire}from'node:module';const require=$makeRequire(import.meta.url);" },
};

/**
 * What dockerode loads at once and nothing here calls: an ssh client (ssh:// goes through the system's own ssh, which checks host
 * keys) and gRPC for its build sessions (Compose builds images). They are half of what loading it costs.
 */
const unused = ['ssh2', '@grpc/grpc-js', '@grpc/proto-loader'];

/** A command loads some three hundred modules; as a few files they are there in a third of the time. */
const { metafile } = await build({
  ...common,
  metafile: true,
  entryPoints: { main: 'dist/cli/main.js' },
  splitting: true,
  alias: Object.fromEntries(unused.map((name) => [name, './infra/build/unused.cjs'])),
  outdir: 'dist/bin',
});
await removeOlder('dist/bin', new Set(Object.keys(metafile.outputs).map((path) => basename(path))));

await build({
  ...common,
  entryPoints: { cron: 'dist/backup/sidecar/main.js', meter: 'dist/backup/pipe/meter-program.js' },
  outdir: 'dist/bundle',
});

// The deck's image has nothing but Node.
await build({ ...common, banner: {}, entryPoints: { program: 'dist/engine/deck/program.js' }, outdir: 'dist/deck' });

/** A command that still runs may load more of what it began with: files of an earlier build stay for a day. */
async function removeOlder(folder, made) {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!made.has(name) && Date.now() - (await stat(path)).mtimeMs > 24 * 3_600_000) await rm(path);
  }
}
