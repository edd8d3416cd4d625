/** Whoever prints for a person; nobody in tests and benchmarks. */
let tell: (text: string) => void = () => {};
const told = new Set<string>();

/** @param listener told of what is odd about the configuration, and stops nothing */
export function onConfigWarning(listener: (text: string) => void): void {
  tell = listener;
}

/** Tells of something odd, once: a command may read its configuration several times. */
export function warnOnce(text: string): void {
  if (told.has(text)) return;
  told.add(text);
  tell(text);
}
