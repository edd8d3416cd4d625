import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../scripts/lib/cli/arguments.js';
import type { Command } from '../../scripts/lib/cli/command.js';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { parseRestore } from '../../scripts/lib/restore/request.js';

const text = readFileSync(join(projectRoot, 'backups/RUNBOOK.md'), 'utf8');
const typed = [...new Set([...text.matchAll(/npx zx scripts\/([a-z-]+)\.mjs([^\n`|]*)/g)].map(([, name, rest]) => `${name}${rest}`))].map(
  (line) => line.trim(),
);

/** Words as a shell splits them; SET stands for a set's name. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, plain]) => quoted ?? plain ?? '')
    .map((word) => (word === 'SET' ? '20261122_020000' : word));

describe('every command of the runbook', () => {
  test('is found', () => {
    expect(typed.length).toBeGreaterThan(20);
  });

  test.each(typed)('%s can be typed like that', async (line) => {
    const [name = '', ...rest] = wordsOf(line.replace(/[,.;:]? (shows|tells|then) .*$/, '').replace(/[.,]$/, ''));
    expect(existsSync(join(projectRoot, `scripts/${name}.mjs`)), name).toBe(true);
    const { command } = (await import(`../../scripts/lib/cli/commands/${name}.ts`)) as { command: Command };
    const { values, words } = parseArguments(rest, name, command);
    if (name !== 'restore') return;
    const all = values as Record<string, never>;
    parseRestore({
      set: words[0],
      only: all.only,
      database: all.database ?? [],
      table: all.table ?? [],
      toDatabase: all['to-database'],
      fromFile: all['from-file'],
      fromStack: all['from-stack'],
      undo: all.undo === true,
      forget: all.forget === true,
      skipSafetySet: all['skip-safety-set'] === true,
    });
  });
});

test('the runbook’s links lead to headings that it has', () => {
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) =>
    heading
      ?.toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const [, anchor] of text.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(anchor);
});

test('every message that the runbook explains is one that the code can say', async () => {
  const messages = [...text.matchAll(/^\| `([^`]+)`/gm)]
    .map(([, message]) => message ?? '')
    .filter((message) => !message.startsWith('npx'));
  expect(messages.length).toBeGreaterThan(10);
  const { filesUnder } = await import('./listing.js');
  const code = filesUnder('scripts/lib', '.ts')
    .map((path) => readFileSync(join(projectRoot, path), 'utf8'))
    .join('\n');
  const unknown = messages
    .flatMap((message) => message.split(/ ?… ?|,/).map((part) => part.trim()))
    .filter((part) => part !== '' && !code.includes(part));
  expect(unknown).toEqual([]);
});
