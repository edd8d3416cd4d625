/**
 * Calls back on the first Ctrl-C or polite end signal. Further ones are heard and ignored: undoing goes on, and a kill -9
 * is left for whoever cannot wait.
 *
 * @returns stops listening
 */
export function onInterrupt(stop: () => void): () => void {
  const listener = () => stop();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
