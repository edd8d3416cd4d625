import type { RunEvent } from '../backup/run/event.js';
import { formatBytes } from '../config/durations.js';
import type { Output } from './output.js';

/** A part that is under way. */
interface Current {
  part: string;
  expected: number | undefined;
  began: number;
}

/**
 * Shows what a run in the cron container tells: a line for each part that is done and, on a terminal, one that counts
 * bytes, speed and time left.
 *
 * @returns what to call with each event, and at the end
 */
export function runProgress(output: Output): { onEvent: (event: RunEvent) => void; end: () => void } {
  const { line, paint, interactive } = output;
  const stream = output.json ? process.stderr : process.stdout;
  let current: Current | undefined;
  const clear = () => void (interactive && stream.write('\r\x1b[K'));
  const say = (text: string) => {
    clear();
    line(text);
  };
  const onEvent = (event: RunEvent) => {
    switch (event.event) {
      case 'part-began':
        current = { part: event.part, expected: event.expected, began: performance.now() };
        if (interactive) stream.write(`\r\x1b[K  ${event.part} …`);
        break;
      case 'part-progress':
        if (interactive && current) stream.write(`\r\x1b[K  ${event.part}  ${rate(current, event.bytes)}`.slice(0, stream.columns));
        break;
      case 'part-done': {
        const sizes =
          event.bytes === event.stored ? formatBytes(event.bytes) : `${formatBytes(event.bytes)} → ${formatBytes(event.stored)}`;
        say(`  ${paint('green', '✓')} ${event.part}  ${sizes}  ${event.seconds.toFixed(1)} s`);
        current = undefined;
        break;
      }
      case 'note':
        say(`  ${event.text}`);
        break;
      case 'warning':
        say(paint('yellow', `  ! ${event.text}`));
    }
  };
  return { onEvent, end: clear };
}

/** @returns such as `120 MiB of about 1.0 GiB, 60 MiB/s, 15 s left` */
function rate({ expected, began }: Current, bytes: number): string {
  const seconds = (performance.now() - began) / 1_000;
  const speed = Math.round(bytes / Math.max(seconds, 0.001));
  if (expected === undefined || expected <= bytes) return `${formatBytes(bytes)}, ${formatBytes(speed)}/s`;
  const left = Math.round((expected - bytes) / speed);
  return `${formatBytes(bytes)} of about ${formatBytes(expected)}, ${formatBytes(speed)}/s, ${left} s left`;
}
