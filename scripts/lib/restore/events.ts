import type { RunEvent } from '../backup/run/event.js';
import { formatBytes } from '../config/durations.js';

/** Where what the cron container tells goes: to whoever listens at the moment. */
export interface Events {
  onEvent: (event: RunEvent) => void;
  /** From now on it goes there. */
  to: (progress: (text: string) => void, warn: (text: string) => void) => void;
  /** Warnings that came before anybody listened. */
  early: string[];
}

/** @returns a switch for the events of a session, which outlives the steps that it tells about */
export function newEvents(): Events {
  const early: string[] = [];
  let progress: (text: string) => void = () => {};
  let warn: (text: string) => void = (text) => void early.push(text);
  let expected: number | undefined;
  return {
    early,
    to: (progressTo, warnTo) => {
      progress = progressTo;
      warn = warnTo;
    },
    onEvent: (event) => {
      if (event.event === 'warning') warn(event.text);
      if (event.event === 'note') progress(event.text);
      if (event.event === 'part-began') {
        expected = event.expected;
        progress(event.part);
      }
      if (event.event === 'part-progress')
        progress(`${event.part}: ${formatBytes(event.bytes)}${expected ? ` of ${formatBytes(expected)}` : ''}`);
    },
  };
}
