import { messageOf } from '../../errors.js';
import { StoreError } from './errors.js';

const FULL = {
  says: 'there is no space left',
  hint: 'make room on the disk of this folder, keep fewer sets (BACKUP_RETENTION_DAYS), or store them elsewhere (S3_BUCKET)',
};
const REFUSED = { says: 'the folder may not be changed', hint: "look at the folder's owner and at how its volume is mounted" };
const KNOWN: Readonly<Record<string, { says: string; hint: string }>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: REFUSED,
  EPERM: REFUSED,
  EROFS: REFUSED,
  EIO: { says: 'the disk fails', hint: "look at the machine's log: the disk may be broken" },
};

/** @returns the error code of a failed system call; undefined for every other error */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/**
 * Does something with files.
 *
 * @param what what is being done, as the beginning of a sentence
 * @throws StoreError saying why the system refuses it
 */
export async function withFiles<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const known = KNOWN[codeOf(error) ?? ''];
    throw new StoreError(`${what}: ${known?.says ?? messageOf(error)}`, {
      details: known ? [messageOf(error)] : [],
      hints: known ? [known.hint] : [],
      cause: error,
    });
  }
}
