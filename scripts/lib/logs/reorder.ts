/**
 * Puts in order what comes from several sources side by side, as it comes: each item is held for a short while, so that an older
 * one that took longer on its way goes first. What comes later still goes out when it comes.
 */
export class ReorderWindow<T extends { at: string }> {
  readonly #holdMs: number;
  #held: { item: T; came: number }[] = [];

  /** @param holdMs how long an item waits for older ones (milliseconds) */
  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  get size(): number {
    return this.#held.length;
  }

  /** @param now of a clock that only goes forward (milliseconds), as in {@link ReorderWindow.due} */
  add(items: readonly T[], now: number): void {
    for (const item of items) this.#held.push({ item, came: now });
  }

  /** @returns those that have waited, and with them whatever is older than one of them; oldest first */
  due(now: number): T[] {
    this.#held.sort((a, b) => (a.item.at < b.item.at ? -1 : a.item.at > b.item.at ? 1 : 0));
    const last = this.#held.findLastIndex(({ came }) => now - came >= this.#holdMs);
    return this.#held.splice(0, last + 1).map(({ item }) => item);
  }

  /** @returns all that is left, oldest first */
  rest(): T[] {
    return this.due(Number.POSITIVE_INFINITY);
  }
}
