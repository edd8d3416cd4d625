/** Something that a store holds. */
export interface StoredEntry {
  /** The key, relative to the store's root: `<stack>/<set>/<name>`. */
  key: string;
  bytes: number;
  modified: Date;
}

/**
 * Where backup sets are kept. Keys are paths with "/" that are relative to the store's root; whether that is a bucket's
 * prefix or a folder is the store's own business.
 */
export interface Store {
  /** What a person calls it: `s3://bucket/prefix`, `local`. */
  readonly name: string;

  /**
   * Stores a stream under a key. Nothing is visible under that key before the stream has ended well: a stream that throws
   * leaves nothing behind (as far as the store can be reached), and the error comes out of here.
   *
   * @param body the content, in pieces of any size; it is taken no faster than it can be stored
   * @throws StoreError when the store does not take it
   */
  put(key: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;

  /**
   * Reads an object from its beginning. The stream throws when the content ends before its announced length.
   *
   * @throws MissingError when there is nothing under that key
   */
  get(key: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;

  /** Everything whose key begins with `prefix`, in no certain order. */
  list(prefix: string): AsyncIterable<StoredEntry>;

  /** Removes objects; those that are not there are no error. */
  remove(keys: readonly string[]): Promise<void>;

  /**
   * Removes what killed runs left half stored: open multipart uploads, temporary files. Only call it while holding the
   * stack's backup lock.
   *
   * @param prefix only what was to be stored under keys that begin so
   * @returns how many were removed
   */
  sweep(prefix: string): Promise<number>;

  /**
   * Tries the store out with a tiny object: writing, reading back, removing. Finds out once what it supports.
   *
   * @returns warnings a person should read, such as that it refuses checksums
   * @throws StoreError saying what is wrong and what to change
   */
  probe(prefix: string): Promise<string[]>;
}
