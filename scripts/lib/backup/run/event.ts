/**
 * What a run tells while it goes on. Inside the cron container these are lines of JSON on standard output; whoever started
 * the run shows them as it likes.
 */
export type RunEvent =
  | { event: 'part-began'; part: string; expected: number | undefined }
  | { event: 'part-progress'; part: string; bytes: number }
  | { event: 'part-done'; part: string; bytes: number; stored: number; seconds: number }
  | { event: 'note'; text: string }
  | { event: 'warning'; text: string };

export type Tell = (event: RunEvent) => void;

const EVERY_MS = 250;

/** @returns a callback for a byte counter that tells now and then, not with each piece */
export function progressOf(part: string, tell: Tell): (bytes: number) => void {
  let last = 0;
  return (bytes) => {
    const now = performance.now();
    if (now - last < EVERY_MS) return;
    last = now;
    tell({ event: 'part-progress', part, bytes });
  };
}
