import { outputOf, start } from '../pipe/child.js';
import { feed } from '../pipe/feed.js';
import { fromAnyStore, type Source } from './work.js';

/**
 * Reads from a set's configuration which volumes the app had.
 *
 * @returns their names on the engine by the names that the app's file has; nothing when the set has no configuration
 */
export async function volumesOfRelease(source: Source): Promise<Record<string, string>> {
  const { manifest, context } = source;
  const object = manifest.objects.find(({ kind }) => kind === 'config');
  if (!object) return {};
  const { environment, signal } = context;
  const text = await fromAnyStore(source, object, async (plain) => {
    const args = ['--extract', '--to-stdout', '--file=-', '--wildcards', '*release.json'];
    const tar = start('tar', args, { env: { PATH: environment.PATH }, signal });
    const [said] = await Promise.all([read(tar), feed(plain, tar)]);
    return said;
  });
  return (JSON.parse(text) as { files?: Record<string, string> }).files ?? {};
}

/**
 * Says which volume of this stack a set's volume goes to; pure.
 *
 * @param name the volume's short name
 * @param volume its name on the engine that the set was made on, if the set tells
 * @param from the stack that the set is of
 * @param to this stack
 * @returns its name here; undefined when it was a volume with a name of its own, and the set is another stack's: it may well
 *   be in use by that stack
 */
export function volumeHere(name: string, volume: string | undefined, from: string, to: string): string | undefined {
  if (volume === undefined) return `${to}-app_${name}`;
  if (from === to) return volume;
  return volume.startsWith(`${from}-`) ? `${to}-${volume.slice(from.length + 1)}` : undefined;
}

async function read(child: ReturnType<typeof start>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of outputOf(child)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
