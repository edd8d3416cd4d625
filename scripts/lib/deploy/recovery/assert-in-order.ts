import { exitCodes, SlipwayError } from '../../errors.js';
import type { JournalRecord } from '../journal.js';
import { cutOffWithData } from './cut-off.js';

/**
 * Refuses to go on while a rollback that was to bring data along is neither done nor undone: what is live may not be able to
 * live with the data that are there.
 *
 * @param journal its records, oldest first, as whoever holds the lock has them
 * @throws SlipwayError (exit code 4) saying how to put it in order
 */
export function assertInOrder(journal: readonly unknown[]): void {
  const left = cutOffWithData(journal as readonly JournalRecord[]);
  if (!left) return;
  throw new SlipwayError(
    `the rollback to ${left.version} with the data of the set ${left.set} was cut off at "${left.step ?? 'its beginning'}"`,
    {
      details: ['the public may be turned away, and what is live may not fit the data'],
      hints: [
        'npx zx scripts/deploy.mjs --resume finishes it when it had cut, else undoes it; --abort undoes it in any case',
        'npx zx scripts/status.mjs shows what is live',
      ],
      exitCode: exitCodes.attention,
    },
  );
}
