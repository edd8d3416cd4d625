import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDotenv } from '../../scripts/lib/config/dotenv-file.js';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { defaults, schema, secretKeys } from '../../scripts/lib/config/schema.js';

const text = readFileSync(join(projectRoot, '.env.example'), 'utf8');
const { values, strayLines } = parseDotenv(text);

test('.env.example has every key of the schema, in the same order, and no other', () => {
  const keys = [...text.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]);
  expect(keys).toEqual(Object.keys(schema.shape));
});

test('.env.example shows the default of every key, and leaves secrets empty', () => {
  const empty = Object.fromEntries(secretKeys.map((key) => [key, '']));
  expect(values).toEqual({ ...defaults, ...empty });
});

test('.env.example has nothing but assignments and comments', () => {
  expect(strayLines).toEqual([]);
});

test('every key of .env.example has a comment above it or above the keys it stands with', () => {
  const lines = text.split('\n');
  const alone = lines.filter((line, index) => /^[A-Z]/.test(line) && !/^(#|[A-Z])/.test(lines[index - 1] ?? ''));
  expect(alone).toEqual([]);
});
