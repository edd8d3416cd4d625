import { parseDotenv, quoteDotenv } from '../config/dotenv-file.js';

/**
 * Changes values in the text of a .env file and keeps everything else: comments, order, other keys.
 *
 * @param text the file's content
 * @param values the new values by key; a key that the text does not have is added at the end
 * @returns the new content
 * @throws Error for a value that no quoting keeps
 */
export function withValues(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((result, [key, value]) => withValue(result, key, value), text);
}

function withValue(text: string, key: string, value: string): string {
  if (parseDotenv(text).values[key] === value) return text;
  const line = `${key}=${quoteDotenv(value)}`;
  // One assignment on one line; the value may be quoted and a comment may follow.
  const assignment = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${key}[ \\t]*[=:].*$`, 'gm');
  const changed = text.replace(assignment, () => line);
  if (changed !== text) return changed;
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
}
