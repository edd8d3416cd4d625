import { formatDuration } from '../config/durations.js';
import type { SetupProgress } from '../setup/progress.js';
import type { Output } from './output.js';

/** @returns setup's progress as lines: each step when it has ended, and every ten seconds what a long one is at */
export function setupProgress({ line, paint }: Output): SetupProgress {
  return {
    note: (text) => line(`  ${paint('yellow', '!')} ${text}`),
    step: async (title, work) => {
      const began = performance.now();
      let latest = 'working';
      const ticking = setInterval(() => line(`  … ${title}: ${latest.slice(0, 100)}`), 10_000);
      try {
        const result = await work((text) => {
          latest = text;
        });
        line(`  ${paint('green', '✓')} ${title}  ${paint('dim', formatDuration(performance.now() - began))}`);
        return result;
      } catch (error) {
        line(`  ${paint('red', '✗')} ${title}`);
        throw error;
      } finally {
        clearInterval(ticking);
      }
    },
  };
}
