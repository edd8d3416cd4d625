import { UsageError } from '../../../errors.js';

/** A place that secrets come from. */
export interface SecretProvider {
  /** What and where it is, for a person: `vault https://vault.example.com secret/shop`. */
  readonly name: string;
  /**
   * Reads all that it has, or what it was asked for. Nothing of it is kept but in memory.
   *
   * @returns values by key, exactly as they are there
   * @throws UsageError for what somebody has to set right; SlipwayError for what may pass. One line, never with a value in it
   */
  read(): Promise<Record<string, string>>;
}

/**
 * @param name the provider's name, for the messages
 * @param record what it answered
 * @param wanted the keys to take, each of which has to be there; none: all
 * @throws UsageError listing every key that is missing or has a value that is no text
 */
export function fieldsOf(name: string, record: Readonly<Record<string, unknown>>, wanted: readonly string[]): Record<string, string> {
  const keys = wanted.length > 0 ? wanted : Object.keys(record);
  const problems = keys.flatMap((key) => {
    if (!Object.hasOwn(record, key)) return [`${key}: is not there`];
    const value = record[key];
    return typeof value === 'string' ? [] : [`${key}: should be text, got ${kindOf(value)}`];
  });
  if (problems.length === 0) return Object.fromEntries(keys.map((key) => [key, record[key] as string]));
  const [first = ''] = problems;
  const hints = problems.some((problem) => problem.endsWith('is not there')) ? ['SECRETS_KEYS names the keys that have to be there'] : [];
  if (problems.length === 1) throw new UsageError(`${name}: ${first}`, { hints });
  throw new UsageError(`${name}: ${problems.length} keys have problems`, { details: problems, hints });
}

/** @returns what a value is, in words that do not show it */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a${typeof value === 'object' ? 'n' : ''} ${typeof value}`;
}

/**
 * Parses an answer. JSON.parse quotes the text in its error, and the text is full of secrets.
 *
 * @returns the object; undefined when the text is no JSON or something else than an object
 */
export function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
