/** Does things one after the other, each name at most once at a time. */
export interface Queue<Name, Request> {
  /** @returns false when it is waiting or being done already */
  add: (name: Name, request: Request) => boolean;
  has: (name: Name) => boolean;
  /** Resolves when nothing is left to do. */
  idle: () => Promise<void>;
}

/**
 * @param work does one of them; what it throws goes to `onError`, and the next one is done
 * @param signal once it is aborted nothing more is begun
 */
export function makeQueue<Name, Request>(
  work: (name: Name, request: Request) => Promise<void>,
  onError: (error: unknown) => void,
  signal: AbortSignal,
): Queue<Name, Request> {
  const known = new Set<Name>();
  let last: Promise<void> = Promise.resolve();
  return {
    add: (name, request) => {
      if (known.has(name) || signal.aborted) return false;
      known.add(name);
      last = last
        .then(() => (signal.aborted ? undefined : work(name, request)))
        .catch(onError)
        .finally(() => known.delete(name));
      return true;
    },
    has: (name) => known.has(name),
    idle: () => last,
  };
}
