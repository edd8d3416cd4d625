import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseArguments, typedArguments } from '../../../scripts/lib/cli/arguments.js';
import { type Command, commonFlags } from '../../../scripts/lib/cli/command.js';
import { nearest } from '../../../scripts/lib/config/nearest.js';
import { UsageError } from '../../../scripts/lib/errors.js';

const command: Command = {
  summary: 'Deploys.',
  usage: ['<version>'],
  words: 1,
  flags: { force: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, release: { type: 'string' } },
  help: {},
  run: async () => ({ result: undefined }),
};
const parse = (...typed: string[]) => {
  const { values, words } = parseArguments(typed, 'deploy', command);
  return { values: { ...values }, words };
};

function refusal(...typed: string[]): UsageError {
  try {
    parse(...typed);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('typedArguments', () => {
  test.each([
    ['npx zx', ['/usr/bin/node', '/app/node_modules/.bin/zx', 'scripts/deploy.mjs', 'v1.2', '--json']],
    ['npx zx, from elsewhere', ['/usr/bin/node', '/usr/lib/zx/cli.js', '/srv/shop/scripts/deploy.mjs', 'v1.2', '--json']],
    ['node', ['/usr/bin/node', '/srv/shop/scripts/deploy.mjs', 'v1.2', '--json']],
    ['npm run', ['/usr/bin/node', '/app/node_modules/zx/build/cli.js', './scripts/deploy.mjs', 'v1.2', '--json']],
  ])('%s: everything behind the script', (_, argv) => {
    expect(typedArguments(argv, 'deploy')).toEqual(['v1.2', '--json']);
  });

  test('nothing typed is nothing', () => {
    expect(typedArguments(['node', 'zx', 'scripts/status.mjs'], 'status')).toEqual([]);
  });

  test('a version that looks like a number stays as it was typed', () => {
    expect(typedArguments(['node', 'scripts/deploy.mjs', '1.20'], 'deploy')).toEqual(['1.20']);
    expect(parse('1.20').words).toEqual(['1.20']);
  });

  test('a word that is the name of the script is a word', () => {
    expect(typedArguments(['node', 'scripts/deploy.mjs', 'deploy.mjs'], 'deploy')).toEqual(['deploy.mjs']);
  });
});

describe('parseArguments', () => {
  test('words and flags may stand in any order', () => {
    const expected = { values: { force: true, json: true }, words: ['v1.2'] };
    expect(parse('v1.2', '--force', '--json')).toEqual(expected);
    expect(parse('--json', 'v1.2', '--force')).toEqual(expected);
  });

  test('a flag may have its value behind it or behind "="', () => {
    expect(parse('--release', 'v1.2', '--dotenv=.env.demo').values).toEqual({ release: 'v1.2', dotenv: '.env.demo' });
  });

  test.each([
    ['-h', 'help'],
    ['-y', 'yes'],
  ])('%s is short for --%s', (short, flag) => {
    expect(parse(short).values).toEqual({ [flag]: true });
  });

  test.each(Object.keys(commonFlags))('every command has --%s', (flag) => {
    expect(Object.keys(parse(`--${flag}`, ...(flag === 'dotenv' ? ['x'] : [])).values)).toEqual([flag]);
  });

  test('words behind "--" are words, whatever they look like', () => {
    expect(parse('--', '-rf').words).toEqual(['-rf']);
  });

  test('what stands behind "--" is kept apart for a command that hands it on, whatever it looks like', () => {
    const { values, words, rest } = parseArguments(['v1', '--force', '--', '--json', '-x', '--', 'y'], 'deploy', {
      ...command,
      rest: '<version> -- <command>',
    });
    expect({ ...values }).toEqual({ force: true });
    expect({ words, rest }).toEqual({ words: ['v1'], rest: ['--json', '-x', '--', 'y'] });
  });

  test('no words at all are left to the command', () => {
    expect(parse().words).toEqual([]);
  });

  test.each([
    ['--frce', '--frce: there is no such flag; did you mean --force?'],
    ['--dryrun', '--dryrun: there is no such flag; did you mean --dry-run?'],
    ['--helpp', '--helpp: there is no such flag; did you mean --help?'],
    ['--colour=red', '--colour: there is no such flag'],
    ['--env-file', '--env-file: there is no such flag'],
    ['-x', '-x: there is no such flag'],
    ['-rf', '-r: there is no such flag'],
  ])('%s is refused: %s', (flag, message) => {
    expect(refusal('v1.2', flag).message).toBe(message);
  });

  test('one word too many is named', () => {
    expect(refusal('v1.2', 'v1.3', 'v1.4').message).toBe('"v1.3": is one word too many');
  });

  test('a flag without its value is told', () => {
    expect(refusal('--dotenv').message).toContain('--dotenv');
    expect(refusal('--dotenv').message).toContain('argument missing');
  });

  test('a value for a flag that takes none is told', () => {
    expect(refusal('--force=yes').message).toContain("'--force' does not take an argument");
  });

  test('every refusal is a usage error that says where help is', () => {
    for (const typed of [['--frce'], ['a', 'b'], ['--dotenv'], ['--force=yes'], ['--dotenv', '--json']]) {
      expect(refusal(...typed)).toMatchObject({ exitCode: 2, hints: ['type: npx zx scripts/deploy.mjs --help'] });
    }
  });

  test('a flag whose value looks like a flag is told in one line', () => {
    expect(refusal('--dotenv', '--json').message).toBe("Option '--dotenv' argument is ambiguous.");
  });
});

describe('a command that runs another program', () => {
  const runner: Command = { ...command, rest: '<service> -- <command>' };
  const parseRunner = (...typed: string[]) => {
    const { values, words, rest } = parseArguments(typed, 'exec', runner);
    return { values: { ...values }, words, rest };
  };

  test('takes everything behind "--" as it is, its own flags, another "--" and nothing at all included', () => {
    expect(parseRunner('backend', '--force', '--', 'node', '--json', '--', '-h', '')).toEqual({
      values: { force: true },
      words: ['backend'],
      rest: ['node', '--json', '--', '-h', ''],
    });
  });

  test('knows "--" with nothing behind it from none', () => {
    expect(parseRunner('backend', '--').rest).toEqual([]);
    expect(parseRunner('backend').rest).toBeUndefined();
  });

  test.each([[['backend', 'node']], [['backend', '-v']], [['backend', 'ls', '--all']]])(
    'tells whoever left it out where "--" belongs: %j',
    (typed) => {
      let hints: readonly string[] = [];
      try {
        parseRunner(...typed);
      } catch (error) {
        hints = (error as UsageError).hints;
      }
      expect(hints).toContain('type: npx zx scripts/exec.mjs <service> -- <command>');
    },
  );

  test('other commands take what is behind "--" for words, as ever', () => {
    expect(parseArguments(['--', 'v1'], 'deploy', command)).toMatchObject({ words: ['v1'], rest: undefined });
  });
});

describe('nearest', () => {
  const known = ['force', 'dry-run', 'json', 'help', 'yes', 'dotenv'];

  test.each([
    ['force', 'force'],
    ['forc', 'force'],
    ['ofrce', 'force'],
    ['jsno', 'json'],
    ['dry_run', 'dry-run'],
    ['fce', 'force'],
    ['f', undefined],
    ['xx', undefined],
    ['verbose', undefined],
    ['', undefined],
  ])('to %j is %j', (word, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  test('one letter changed, left out or put in is always near', () => {
    const long = fc.constantFrom('force', 'dry-run', 'dotenv');
    fc.assert(
      fc.property(long, fc.nat(4), fc.constantFrom('change', 'drop', 'add'), (word, at, how) => {
        const typed = word.slice(0, at) + (how === 'drop' ? '' : 'q') + word.slice(how === 'add' ? at : at + 1);
        expect(nearest(typed, known)).toBe(word);
      }),
    );
  });

  test('nothing known is near to nothing', () => {
    expect(nearest('force', [])).toBeUndefined();
  });
});
