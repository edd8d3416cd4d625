import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Docker } from '../engine/docker.js';
import { dockerCommand } from '../engine/docker-command.js';
import { run } from '../engine/run.js';
import { UsageError } from '../errors.js';
import { aptInstall, aptUpdate, despiteExpiry, readAptSources, sharedAptSettings } from './apt.js';
import { type AptSource, debianArchive, renderSource } from './apt-sources.js';
import type { SetupProgress } from './progress.js';

/** A Debian system to make an image of. */
export interface DebianSystem {
  suite: string;
  /** Packages beside the smallest system that has apt. */
  packages?: readonly string[];
  /** Shell commands to run on the finished tree, which is their `$1`. */
  hooks?: readonly string[];
}

/** Manuals and translations have no reader in a container. The image keeps these rules for what is installed later. */
const LEFT_OUT = ['man', 'info', 'locale', 'doc'].map((folder) => `path-exclude=/usr/share/${folder}/*`);
const KEPT = ['path-include=/usr/share/doc/*/copyright', 'path-include=/usr/share/locale/locale.alias'];

/** The label that says what an image was built by. */
export const recipeLabel = 'dev.slipway.recipe';

/** @returns what the label of an image of this system says when it is up to date */
export function recipeOfSystem(system: DebianSystem): string {
  return createHash('sha256')
    .update(JSON.stringify(mmdebstrapCommand(system, undefined, [], '', '')))
    .digest('hex');
}

/**
 * @param archive the mirror; mmdebstrap's own default when left out
 * @param settings lines of apt.conf that the system keeps
 * @param sourcesFile where the mirror's `.sources` file lies
 * @param output the tar archive to write
 * @returns the command that makes a Debian system without any image to start from
 */
export function mmdebstrapCommand(
  system: DebianSystem,
  archive: AptSource | undefined,
  settings: readonly string[],
  sourcesFile: string,
  output: string,
): [string, ...string[]] {
  const key = archive?.fields['Signed-By'] ?? '';
  // A key of the machine's own does not come with any package of the new system.
  const ownKey = /^\/[\w./+-]+$/.test(key) && !/\/debian-archive-/.test(key);
  return [
    'mmdebstrap',
    '--variant=minbase',
    '--format=tar',
    ...(system.packages?.length ? [`--include=${system.packages.join(',')}`] : []),
    ...settings.map((setting) => `--aptopt=${setting}`),
    ...[...LEFT_OUT, ...KEPT].map((rule) => `--dpkgopt=${rule}`),
    ...(ownKey ? [`--customize-hook=upload ${key} ${key}`] : []),
    ...(system.hooks ?? []).map((hook) => `--customize-hook=${hook}`),
    system.suite,
    output,
    ...(archive ? [sourcesFile] : []),
  ];
}

/**
 * Makes an image out of Debian packages alone: mmdebstrap, then `docker import`. About 20 s.
 *
 * @param image the image's name
 * @throws UsageError where this machine cannot do that
 */
export async function makeDebianImage(docker: Docker, image: string, system: DebianSystem, progress: SetupProgress): Promise<void> {
  await ensureMmdebstrap(progress);
  const folder = await mkdtemp(join(tmpdir(), 'slipway-debian-'));
  try {
    const output = join(folder, 'system.tar');
    await progress.step(`Make ${image} from Debian packages`, async (say) => {
      await bootstrap(system, folder, output, progress, say);
      const label = `LABEL ${recipeLabel}=${recipeOfSystem(system)}`;
      await run(dockerCommand(docker, 'import', '--change', label, '--change', 'CMD ["sh"]', output, image), { onLine: say });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bootstrap(system: DebianSystem, folder: string, output: string, progress: SetupProgress, say: (line: string) => void) {
  const archive = debianArchive(readAptSources());
  const sourcesFile = join(folder, 'mirror.sources');
  if (archive) await writeFile(sourcesFile, renderSource({ ...archive, suites: [system.suite], components: ['main'] }));
  const shared = await sharedAptSettings();
  await despiteExpiry(
    // mmdebstrap writes these settings into the system, so that an `apt-get` in it works too.
    (settings) => run(mmdebstrapCommand(system, archive, [...shared, ...settings], sourcesFile, output), { onLine: say }),
    progress,
  );
}

async function ensureMmdebstrap(progress: SetupProgress): Promise<void> {
  if (existsSync('/usr/bin/mmdebstrap')) return;
  const why = 'no image registry answers, and without mmdebstrap images cannot be built from Debian packages either';
  if (!existsSync('/usr/bin/apt-get')) {
    throw new UsageError(why, { hints: ['make a registry reachable, or load the images with `docker load`, and type this again'] });
  }
  if (process.getuid?.() !== 0) throw new UsageError(why, { hints: ['type: sudo apt-get install mmdebstrap   (then this again)'] });
  await progress.step('Install mmdebstrap', async (say) => {
    await aptUpdate(progress, say);
    await aptInstall(['mmdebstrap', 'debian-archive-keyring'], say);
  });
}
