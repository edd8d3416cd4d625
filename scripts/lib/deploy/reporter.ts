/** What a running operation tells; the command line decides how it looks. */
export interface Reporter {
  /** The steps to come, once they are known. */
  begin(steps: readonly { id: string; title: string }[]): void;
  started(id: string): void;
  /** What a long step is at. */
  progress(id: string, text: string): void;
  done(id: string, milliseconds: number, detail: string | undefined): void;
  failed(id: string, message: string): void;
  /** The operation is over, well or not; waits until all is printed. */
  end(): Promise<void>;
  /** A line for the person, beside the steps. */
  note(text: string): void;
  warn(text: string): void;
}
