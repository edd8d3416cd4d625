import type { Deck } from '../../engine/deck/deck.js';
import { exitCodes, SlipwayError } from '../../errors.js';
import { fileOf, type KeptRelease, parseKept } from '../releases/kept-release.js';
import type { CutOff } from './cut-off.js';

/**
 * @returns what was kept of the release of a cut off operation
 * @throws SlipwayError (exit code 4) when it is gone: then nobody knows how the operation would have gone on
 */
export async function keptOf(deck: Deck, { release, version }: Pick<CutOff, 'release' | 'version'>): Promise<KeptRelease> {
  const text = await deck.kept(fileOf(release));
  if (text !== undefined) return parseKept(text);
  throw new SlipwayError(`what was kept of ${version} is gone, so what was cut off cannot be finished`, {
    exitCode: exitCodes.attention,
  });
}
