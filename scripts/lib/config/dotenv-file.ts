import { parse } from 'dotenv';

/**
 * Reads the text of a .env file. dotenv is the one parser: Compose never reads the file itself, since the two disagree
 * (dotenv reads an unquoted `p#ss` as `p`, Compose reads `pa$w0rd` as `pa`).
 *
 * @param text the file's content
 * @returns values by key, and the lines (1-based) that are neither an assignment, a comment nor blank
 */
export function parseDotenv(text: string): { values: Record<string, string>; strayLines: number[] } {
  const values = parse(text);
  const strayLines: number[] = [];
  let quote = '';
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (quote) {
      if (line.includes(quote)) quote = '';
      continue;
    }
    if (/^\s*(#.*)?$/.test(line)) continue;
    const assignment = /^\s*(?:export\s+)?[\w.-]+\s*[=:]\s*(['"`])?/.exec(line);
    if (!assignment) {
      strayLines.push(index + 1);
      continue;
    }
    const opened = assignment[1];
    if (opened && !line.slice(assignment[0].length).includes(opened)) quote = opened;
  }
  return { values, strayLines };
}

/**
 * @param value any value
 * @returns it in the form in which dotenv reads back exactly this value
 * @throws Error for a value that no quoting keeps (it has all three quote characters)
 */
export function quoteDotenv(value: string): string {
  if (/^[\w./:@%+,-]*$/.test(value)) return value;
  const quote = ["'", '`', '"'].find((candidate) => !value.includes(candidate) && !(candidate === '"' && value.includes('\\')));
  if (!quote) throw new Error('a value with all of \' ` and " cannot be written to a .env file');
  return `${quote}${value}${quote}`;
}
