export interface Repeated {
  /** Does it now, or once more when it is being done. */
  soon: () => void;
  stop: () => void;
}

/**
 * Does something at once, and then now and again; never twice at a time.
 *
 * @param milliseconds from one time to the next
 * @param onError takes what it throws, unless all is to stop
 */
export function repeat(
  action: () => Promise<void>,
  milliseconds: number,
  onError: (error: unknown) => void,
  signal: AbortSignal,
): Repeated {
  let busy = false;
  let wanted = false;
  const once = async () => {
    wanted = busy;
    if (busy) return;
    busy = true;
    try {
      await action();
    } catch (error) {
      if (!signal.aborted) onError(error);
    } finally {
      busy = false;
    }
    if (wanted && !signal.aborted) void once();
  };
  const soon = () => void once();
  const timer = setInterval(soon, milliseconds);
  soon();
  return { soon, stop: () => clearInterval(timer) };
}
