import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../scripts/lib/errors.js';
import { parseExec, parsePsql } from '../../../scripts/lib/exec/request.js';

describe('exec', () => {
  test('without a command is a shell', () => {
    const shell = { service: 'backend', colour: undefined, replica: undefined, command: ['sh'] };
    expect(parseExec(['backend'], {})).toEqual(shell);
    expect(parseExec(['backend'], {}, [])).toEqual(shell);
  });

  test('takes a command as it is', () => {
    const command = ['printf', '%s\n', '$HOME', 'a "b" \'c\'', '', '--', '*'];
    expect(parseExec(['backend'], { colour: 'green', replica: '2' }, command)).toEqual({
      service: 'backend',
      colour: 'green',
      replica: 2,
      command,
    });
  });

  test.each<[string[], Parameters<typeof parseExec>[1], string[], string]>([
    [[], {}, [], 'a service is missing'],
    [['backend'], { colour: 'red' }, [], '--colour: should be blue or green, got "red"'],
    [['backend'], { replica: '0' }, [], '--replica: should be a number from 1, got "0"'],
    [['backend'], { replica: 'one' }, [], '--replica: should be a number from 1, got "one"'],
    [['backend'], {}, [''], 'behind "--" should be a command, got ""'],
    [[], { colour: 'red', replica: '-1' }, [], 'there are 3 problems'],
  ])('%j %j %j is refused: %s', (words, flags, rest, message) => {
    expect(() => parseExec(words, flags, rest)).toThrow(message);
    expect(() => parseExec(words, flags, rest)).toThrow(UsageError);
  });
});

describe('psql', () => {
  test('without a word is for the app’s database, as the app', () => {
    expect(parsePsql([], {})).toEqual({ database: undefined, admin: false, args: [] });
  });

  test('takes a database, and psql’s own arguments as they are', () => {
    const args = ['-c', 'SELECT $1', '-At'];
    expect(parsePsql(['app_20260501'], { admin: true }, args)).toEqual({ database: 'app_20260501', admin: true, args });
  });

  test.each(['', 'host=elsewhere', 'postgresql://elsewhere/app', 'a b', '-c', 'x'.repeat(64), "app'; DROP"])(
    '%j is the name of no database',
    (name) => {
      expect(() => parsePsql([name], {})).toThrow(UsageError);
    },
  );
});
