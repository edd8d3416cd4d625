/** How setup tells what it is doing. The command line plugs in its own; tests can pass {@link silent}. */
export interface SetupProgress {
  /** One line that stays: a warning, or something the person should know. */
  note(line: string): void;
  /**
   * Runs a piece of work under a title. Steps may run side by side.
   *
   * @param work gets `say`, for the latest line of output of what is running
   * @returns what the work returned; what it throws goes through
   */
  step<T>(title: string, work: (say: (line: string) => void) => Promise<T>): Promise<T>;
}

/** Says nothing. */
export const silent: SetupProgress = {
  note: () => {},
  step: (_title, work) => work(() => {}),
};
