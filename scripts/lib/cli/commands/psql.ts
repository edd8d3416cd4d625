import type { Command } from '../command.js';
import { sessionOptions, sessionResult } from '../session.js';

export const command: Command = {
  summary: 'Runs psql in the Postgres container, as the app’s role on its database, and ends with psql’s exit code. It is journaled.',
  usage: ['', '<database>', '-- -c "SELECT count(*) FROM notes"', '--admin', '< file.sql'],
  words: 1,
  rest: '<database> -- <arguments of psql>',
  interruptible: true,
  flags: { admin: { type: 'boolean' } },
  help: {
    admin: 'as the superuser postgres',
  },
  jsonHelp: 'one JSON document: what psql printed (stdout, stderr) and its exit code',
  run: async ({ values, words, rest }, output, onInterrupt) => {
    const { parsePsql } = await import('../../exec/request.js');
    const request = parsePsql(words, values as Parameters<typeof parsePsql>[1], rest);
    const { psql } = await import('../../exec/psql.js');
    return sessionResult(await psql(values.dotenv as string | undefined, request, sessionOptions(output, onInterrupt)));
  },
};
