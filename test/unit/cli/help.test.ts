import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Command, commonFlags, commonHelp } from '../../../scripts/lib/cli/command.js';
import { printHelp } from '../../../scripts/lib/cli/help.js';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import { exitCodes } from '../../../scripts/lib/errors.js';

afterEach(() => vi.restoreAllMocks());

/** @returns what a person sees on stdout */
function helpOf(name: string, command: Command): string {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  printHelp(name, command);
  vi.restoreAllMocks();
  return text;
}

const folder = join(projectRoot, 'scripts/lib/cli/commands');
const names = readdirSync(folder).map((file) => file.replace(/\.ts$/, ''));
const load = async (name: string) => ((await import(/* @vite-ignore */ join(folder, `${name}.ts`))) as { command: Command }).command;

test('help says what the command does, how it is typed, what each flag does and what the exit codes mean', () => {
  const command: Command = {
    summary: 'Deploys a version.',
    usage: ['<version>', '--resume'],
    words: 1,
    flags: { force: { type: 'boolean', short: 'f' }, 'dry-run': { type: 'boolean' } },
    help: { force: 'once more', 'dry-run': 'change nothing' },
    run: async () => ({ result: undefined }),
  };
  expect(helpOf('deploy', command).split('\n')).toEqual([
    'Deploys a version.',
    '',
    'Usage: npx zx scripts/deploy.mjs <version>',
    '       npx zx scripts/deploy.mjs --resume',
    '',
    '  -f, --force    once more',
    '      --dry-run  change nothing',
    '      --json     one JSON document on stdout, progress on stderr',
    '  -h, --help     this text',
    '  -y, --yes      answer every question with yes',
    '      --dotenv   FILE: another .env file than the project’s',
    '',
    'Exit codes: 0 done, 1 failed and the old state stands, 2 usage or configuration, 3 another operation holds the lock,',
    '            4 failed and a person must look, 130 interrupted and undone',
    '',
  ]);
});

test('every exit code of the contract stands in the help', () => {
  const text = helpOf('x', { summary: '', usage: [''], words: 0, flags: {}, help: {}, run: async () => ({ result: undefined }) });
  for (const code of Object.values(exitCodes)) expect(text).toMatch(new RegExp(`[ ,]${code} \\w`));
});

describe.each(names)('the help of %s', (name) => {
  test('has a line for every flag, and for no other', async () => {
    const command = await load(name);
    expect(Object.keys(command.help).sort()).toEqual(Object.keys(command.flags).sort());
    expect(Object.keys(commonHelp).sort()).toEqual(Object.keys(commonFlags).sort());
  });

  test('takes no flag away from those that every command has', async () => {
    const command = await load(name);
    expect(Object.keys(command.flags).filter((flag) => flag in commonFlags)).toEqual([]);
  });

  test('says in one sentence what the command does, and how it is typed', async () => {
    const { summary, usage } = await load(name);
    expect(summary).toMatch(/^[A-Z].*\.$/);
    expect(usage.length).toBeGreaterThan(0);
  });

  test('fits into a terminal of 120 columns', async () => {
    for (const line of helpOf(name, await load(name)).split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
  });
});
