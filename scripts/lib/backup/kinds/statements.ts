/**
 * What the scripts of pg_restore and pg_dumpall are made of: texts in quotes (whatever stands in them), names in quotes, comments, the ends of
 * statements, and the rest.
 */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|;|\\[^\n]*|[^'"\-;\\]+|-/g;

/**
 * Splits a script that pg_restore or pg_dumpall wrote into its statements; pure. Commands of psql, such as \connect, and comments are
 * left out: whoever sends the statements is connected already.
 *
 * @param script SQL with standard_conforming_strings, as they write it
 */
export function statementsOf(script: string): string[] {
  const statements: string[] = [];
  let current = '';
  for (const [token] of script.matchAll(TOKEN)) {
    if (token.startsWith('--') || (token.startsWith('\\') && current.trim() === '')) continue;
    if (token !== ';') {
      current += token;
      continue;
    }
    if (current.trim()) statements.push(current.trim());
    current = '';
  }
  return statements;
}
