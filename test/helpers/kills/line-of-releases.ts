/** The releases that led to what is live, and those that were gone back from, by version: what a rollback should find. */
export class LineOfReleases {
  /** The oldest first, the live one last. */
  readonly #line: string[] = [];
  #gone: string[] = [];
  /** The last versions that went live, the newest last: older ones may not be kept any more (RETAIN_RELEASES is 5). */
  #recent: string[] = [];

  get live(): string {
    return this.#line.at(-1) as string;
  }

  /** The release before the live one. */
  get before(): string | undefined {
    return this.#line.at(-2);
  }

  /** The newest release that was gone back from and is still kept: a rollback to it goes forward again. */
  get ahead(): string | undefined {
    return this.#gone.findLast((version) => this.#recent.includes(version));
  }

  /** A release has gone live: on top, or what lay above it is gone back from. */
  goesLive(version: string): void {
    const at = this.#line.indexOf(version);
    if (at >= 0) this.#gone.push(...this.#line.splice(at + 1));
    else this.#line.push(version);
    this.#gone = this.#gone.filter((one) => one !== version).slice(-3);
    this.#recent = [...this.#recent.filter((one) => one !== version), version].slice(-4);
  }

  get length(): number {
    return this.#line.length;
  }
}
