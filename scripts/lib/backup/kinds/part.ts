import type { Packed, Packing } from '../pipe/pack.js';
import type { Kind, StoredObject } from '../set.js';

/** One object to be made: where its bytes come from, and what is known of them once they were read. */
export interface Part {
  kind: Kind;
  /** The database, `globals`, the Redis host, the volume's short name, or `config`. */
  source: string;
  /** Bytes that are expected, for the progress; undefined: nobody knows. */
  expected: number | undefined;
  /** Starts reading, as something to store. The body throws, before it ends, when it is not whole. */
  pack: (packing: Packing) => Packed;
  /** Asked after the stream has ended well. */
  facts?: () => Promise<Pick<StoredObject, 'rows' | 'keys'>>;
}
