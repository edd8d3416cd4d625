import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { justAfter, type Moment } from './moment.js';
import { linesOf, type Reading } from './read-source.js';
import { ReorderWindow } from './reorder.js';
import type { LogLine, LogSource } from './source.js';

/** How long a line waits for older ones of other containers (milliseconds): longer than they take on their ways, and not felt. */
const HOLD_MS = 150;
/** When so many lines are held, because nobody takes them, nothing more is read. */
const MOST = 20_000;

export interface FollowOptions extends Reading {
  /** From when on. */
  since: Moment;
  until: Moment | undefined;
  isWanted: ((line: LogLine) => boolean) | undefined;
}

/**
 * Follows the logs of several containers side by side; more of them may join at any time. A container that ends is followed no
 * more, until it starts again: then from where it was left.
 */
export class Following {
  readonly #options: FollowOptions;
  readonly #window = new ReorderWindow<LogLine>(HOLD_MS);
  readonly #bell = new EventEmitter();
  readonly #running = new Map<string, { again: boolean }>();
  readonly #next = new Map<string, Moment>();
  #failure: { error: unknown } | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    // Every container may wait for room.
    this.#bell.setMaxListeners(0);
  }

  /**
   * Begins to follow a container. Of one that is followed already it means that it has started again.
   *
   * @param tail how many of the lines that are there already, the newest ones; undefined: all
   */
  join(source: LogSource, tail?: number): void {
    const running = this.#running.get(source.id);
    if (running) {
      running.again = true;
      return;
    }
    const state = { again: false };
    this.#running.set(source.id, state);
    this.#run(source, state, tail).catch((error: unknown) => this.fail(error));
  }

  /** Ends it: whoever takes the lines gets the error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#bell.emit('lines');
  }

  /** The lines as they come, put in order as far as they came at about the same time. */
  async *lines(): AsyncGenerator<LogLine[]> {
    const { signal } = this.#options;
    let failure: { error: unknown } | undefined;
    try {
      for (;;) {
        if (this.#window.size === 0 && !this.#failure) await once(this.#bell, 'lines', { signal });
        if (this.#failure) throw this.#failure.error;
        await delay(HOLD_MS, undefined, { signal });
        const lines = this.#window.due(performance.now());
        this.#bell.emit('room');
        if (lines.length > 0) yield lines;
      }
    } catch (error) {
      if (!signal.aborted) failure = { error };
    }
    yield this.#window.rest();
    if (failure) throw failure.error;
  }

  async #run(source: LogSource, state: { again: boolean }, first: number | undefined): Promise<void> {
    const { signal, since, until } = this.#options;
    let tail = first;
    do {
      state.again = false;
      const window = { since: this.#next.get(source.id) ?? since, until, tail, follow: true };
      for await (const lines of linesOf(this.#options, source, window)) await this.#take(source, lines);
      tail = undefined;
    } while (state.again && !signal.aborted);
    this.#running.delete(source.id);
  }

  async #take(source: LogSource, lines: readonly LogLine[]): Promise<void> {
    const { signal, isWanted } = this.#options;
    const last = lines.at(-1)?.at;
    if (last) this.#next.set(source.id, justAfter(last));
    while (this.#window.size > MOST && !signal.aborted) await once(this.#bell, 'room', { signal });
    this.#window.add(isWanted ? lines.filter(isWanted) : lines, performance.now());
    this.#bell.emit('lines');
  }
}
