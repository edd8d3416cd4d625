import type { Command } from '../command.js';

export const command: Command = {
  summary: 'Asks the app’s declared checks once, from outside, as a client would.',
  usage: ['', 'https://example.com'],
  words: 1,
  flags: {},
  help: {},
  run: async ({ values, words }, output) => {
    const { checkOutside } = await import('../../deploy/check-outside.js');
    const { checks, exitCode } = await checkOutside(words[0], values.dotenv as string | undefined);
    for (const { service, url, problem, milliseconds, release } of checks) {
      const mark = problem ? output.paint('red', '✗') : output.paint('green', '✓');
      output.line(`${mark} ${service}: ${url}  ${problem ?? `${release ?? ''} ${milliseconds} ms`}`);
    }
    return { result: checks, exitCode };
  },
};
