// web/ -> dist/: every asset gets its content's hash into its name, so that it may be cached
// for ever and two releases never mean different things by one address.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { build } from 'esbuild';

const ENTRIES = ['web/app.js', 'web/style.css', 'web/logo.svg'];

// The folder itself stays: in development it belongs to somebody else.
await rm('dist/assets', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ENTRIES,
  outdir: 'dist/assets',
  entryNames: '[name].[hash]',
  assetNames: '[name].[hash]',
  loader: { '.svg': 'copy' },
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  metafile: true,
  logLevel: 'info',
});

let html = await readFile('web/index.html', 'utf8');
for (const entry of ENTRIES) {
  const found = Object.entries(metafile.outputs).find(
    ([, output]) => output.entryPoint === entry || (!output.entryPoint && entry in output.inputs),
  );
  if (!found) throw new Error(`no output for ${entry}`);
  html = html.replaceAll(`"/${basename(entry)}"`, `"/assets/${basename(found[0])}"`);
}
await writeFile('dist/index.html', html);
