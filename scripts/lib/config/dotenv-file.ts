import { parse } from 'dotenv';

/** What the text of a .env file says. */
export interface Dotenv {
  values: Record<string, string>;
  /** Where each key stands (1-based); the last place where it does so several times. */
  lines: ReadonlyMap<string, number>;
  /** Lines (1-based) that are neither an assignment, a comment nor blank. */
  strayLines: number[];
}

/**
 * Reads the text of a .env file. dotenv is the one parser: Compose never reads the file itself, since the two disagree
 * (dotenv reads an unquoted `p#ss` as `p`, Compose reads `pa$w0rd` as `pa`).
 *
 * @param text the file's content
 */
export function parseDotenv(text: string): Dotenv {
  const values = parse(text);
  const lines = new Map<string, number>();
  const strayLines: number[] = [];
  let quote = '';
  const all = text.split(/\r?\n/);
  for (const [index, line] of all.entries()) {
    if (quote) {
      if (line.includes(quote)) quote = '';
      continue;
    }
    if (/^\s*(#.*)?$/.test(line)) continue;
    // dotenv's own grammar of an assignment.
    const assignment = /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)\s*(['"`])?/.exec(line);
    if (!assignment) {
      strayLines.push(index + 1);
      continue;
    }
    const [, key = '', opened] = assignment;
    lines.set(key, index + 1);
    const closesLater = (mark: string) => all.slice(index + 1).some((later) => later.includes(mark));
    if (opened && !line.slice(assignment[0].length).includes(opened) && closesLater(opened)) quote = opened;
  }
  return { values, lines, strayLines };
}

/**
 * @param value any value
 * @returns it in the form in which dotenv reads back exactly this value
 * @throws Error for a value that no quoting keeps (it has all three quote characters)
 */
export function quoteDotenv(value: string): string {
  if (/^[\w./:@%+,-]*$/.test(value)) return value;
  // dotenv turns a carriage return into a line break, and takes a backslash before the closing quote for an escape.
  if (value.includes('\r')) throw new Error('a value with a carriage return cannot be written to a .env file');
  if (value.endsWith('\\')) {
    if (/^[^\s'"`#][^#\n]*$/.test(value)) return value;
    throw new Error('a value that ends with a backslash and has # or line breaks cannot be written to a .env file');
  }
  const quote = ["'", '`', '"'].find((candidate) => !value.includes(candidate) && !(candidate === '"' && value.includes('\\')));
  if (!quote) throw new Error('a value with all of \' ` and " cannot be written to a .env file');
  return `${quote}${value}${quote}`;
}
