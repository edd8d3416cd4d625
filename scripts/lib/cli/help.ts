import { type Command, commonFlags, commonHelp, type Flags } from './command.js';

/** Prints what a command does and how it is typed. */
export function printHelp(name: string, command: Command): void {
  const flags: Flags = { ...command.flags, ...commonFlags };
  const { json = '' } = commonHelp;
  const help: Command['help'] = { ...command.help, ...commonHelp, json: command.jsonHelp ?? json };
  const left = Object.entries(flags).map(([flag, { short }]) => `${short ? `-${short}, ` : '    '}--${flag}`);
  const width = Math.max(...left.map((text) => text.length));
  const lines = [
    command.summary,
    '',
    ...command.usage.map((usage, index) => `${index === 0 ? 'Usage:' : '      '} npx zx scripts/${name}.mjs ${usage}`.trimEnd()),
    '',
    ...Object.keys(flags).map((flag, index) => `  ${(left[index] ?? '').padEnd(width)}  ${help[flag] ?? ''}`),
    '',
    'Exit codes: 0 done, 1 failed and the old state stands, 2 usage or configuration, 3 another operation holds the lock,',
    '            4 failed and a person must look, 130 interrupted and undone',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
