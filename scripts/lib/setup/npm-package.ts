import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../engine/run.js';
import { SlipwayError } from '../errors.js';

/**
 * Gets npm's own package, which needs nothing beside Node, through this machine's npm: that one knows the registry, the
 * proxy and the certificates. Debian's npm package would bring some 400 further packages.
 *
 * @param pinFile a JSON file with the `version` and its `integrity`, as package-lock.json has them
 * @param work gets a folder with the package as `npm.tgz`; the folder is gone afterwards
 * @throws SlipwayError when what came is not what was pinned
 */
export async function withNpmPackage<T>(pinFile: string, work: (folder: string) => Promise<T>): Promise<T> {
  const pin = JSON.parse(await readFile(pinFile, 'utf8')) as { version: string; integrity: string };
  const folder = await mkdtemp(join(tmpdir(), 'slipway-npm-'));
  try {
    await run(['npm', 'pack', `npm@${pin.version}`, '--ignore-scripts', `--pack-destination=${folder}`]);
    const file = join(folder, 'npm.tgz');
    await rename(join(folder, `npm-${pin.version}.tgz`), file);
    const integrity = `sha512-${createHash('sha512')
      .update(await readFile(file))
      .digest('base64')}`;
    if (integrity !== pin.integrity) throw new SlipwayError(`npm ${pin.version} came with another content than ${pinFile} expects`);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
