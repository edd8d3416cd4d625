import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { CommandError, run, tryRun } from '../engine/run.js';
import { type AptSource, parseListFile, parseSourcesFile } from './apt-sources.js';
import type { SetupProgress } from './progress.js';

/** Settings of the machine's apt that other systems behind the same mirror need too. */
const SHARED_SETTINGS = /^Acquire::(Check-Valid-Until|Check-Date|Max-ValidTime|Retries|https?::Proxy)\s/;
const IGNORE_EXPIRY = 'Acquire::Check-Valid-Until "false"';

/** @returns every enabled source of packages of this machine; none where there is no apt */
export function readAptSources(folder = '/etc/apt'): AptSource[] {
  const parts = `${folder}/sources.list.d`;
  const files = existsSync(parts) ? readdirSync(parts).map((name) => `${parts}/${name}`) : [];
  return [`${folder}/sources.list`, ...files.sort()]
    .filter((file) => existsSync(file))
    .flatMap((file) => {
      if (file.endsWith('.sources')) return parseSourcesFile(readFileSync(file, 'utf8'));
      return file.endsWith('.list') ? parseListFile(readFileSync(file, 'utf8')) : [];
    })
    .map((source) => ({ ...source, uris: source.uris.flatMap(throughMirrorFile) }));
}

/** Cloud images name a file that lists mirrors, which nobody but this machine has: take the file's first mirror. */
function throughMirrorFile(uri: string): string[] {
  const file = /^mirror\+file:(\/.*)/.exec(uri)?.[1];
  if (!file) return [uri];
  const first = existsSync(file) ? /^\s*([a-z]+:\S+)/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
  return first ? [first] : [];
}

/** @returns the machine's apt settings that an image behind the same mirror needs too, a line of apt.conf each */
export async function sharedAptSettings(): Promise<string[]> {
  const { stdout } = await tryRun(['apt-config', 'dump']);
  return (
    stdout
      .split('\n')
      .filter((line) => SHARED_SETTINGS.test(line))
      // A proxy on this machine's loopback is not reachable from a container.
      .filter((line) => !/Proxy.*(localhost|127\.0\.0\.1|\[::1\])/.test(line))
      .map((line) => line.replace(/;\s*$/, ''))
  );
}

/**
 * Some mirrors are frozen copies whose indexes are past their date. apt refuses these; this tries once more and says so.
 *
 * @param attempt runs apt with the given further settings (lines of apt.conf)
 * @throws what the attempt threw for any other reason
 */
export async function despiteExpiry<T>(attempt: (settings: readonly string[]) => Promise<T>, progress: SetupProgress): Promise<T> {
  try {
    return await attempt([]);
  } catch (error) {
    if (!(error instanceof CommandError) || !/Release file for .* is expired/.test(error.result.stderr + error.result.stdout)) throw error;
    progress.note('warning: the package mirror is out of date (its Release file is expired); going on without that check');
    return attempt([IGNORE_EXPIRY]);
  }
}

/**
 * Runs `apt-get update`. A source that fails is noted only: it may be one that nothing here needs, and if it is not,
 * the installation says which package it does not find.
 */
export async function aptUpdate(progress: SetupProgress, say: (line: string) => void): Promise<void> {
  try {
    await despiteExpiry((settings) => aptGet(['update'], settings, say), progress);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    progress.note(`warning: apt-get update had a problem: ${error.details.find((line) => line.startsWith('E:')) ?? error.message}`);
  }
}

/**
 * Installs packages without their recommendations.
 *
 * @param from the suite to prefer for them and for what they need; the machine's own when left out
 */
export async function aptInstall(packages: readonly string[], say: (line: string) => void, from?: string): Promise<void> {
  const target = from === undefined ? [] : ['-t', from];
  await aptGet(['install', '--yes', '--no-install-recommends', ...target, ...packages], [], say);
}

/** @returns the versions of those of the packages that are installed */
export async function installedPackages(packages: readonly string[]): Promise<Record<string, string>> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these are dpkg-query's placeholders, not JavaScript's.
  const { stdout } = await tryRun(['dpkg-query', '--show', '--showformat=${db:Status-Status} ${Package} ${Version}\\n', ...packages]);
  const lines = stdout.split('\n').map((line) => line.split(' '));
  return Object.fromEntries(lines.filter(([status]) => status === 'installed').map(([, name = '', version = '']) => [name, version]));
}

async function aptGet(command: readonly string[], settings: readonly string[], say: (line: string) => void): Promise<void> {
  const options = settings.flatMap((setting) => ['-o', setting.replace(/ "?(.*?)"?$/, '=$1')]);
  // A configuration file that a person changed stays as it is; nothing waits for an answer that nobody gives.
  const dpkg = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold', '-o', 'DPkg::Lock::Timeout=120'];
  await run(['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8', 'apt-get', ...dpkg, ...options, ...command], { onLine: say });
}
