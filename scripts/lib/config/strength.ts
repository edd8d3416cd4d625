/** What the secrets of examples, templates and tutorials are made of. Longer words stand before those that are in them. */
const words = [
  ...['postgresql', 'production', 'development', 'insecure', 'password', 'passwort', 'database', 'postgres', 'slipway', 'staging'],
  ...['default', 'example', 'replace', 'welcome', 'letmein', 'string', 'random', 'passwd', 'secret', 'sample', 'change', 'please'],
  ...['django', 'qwerty', 'redis', 'admin', 'token', 'local', 'fixme', 'super', 'user', 'root', 'test', 'demo', 'todo', 'here'],
  ...['this', 'that', 'only', 'very', 'long', 'your', 'with', 'pass', 'some', 'key', 'app', 'dev', 'abc', 'xyz', 'xxx', 'foo', 'bar'],
  ...['not', 'for', 'use', 'db', 'me', 'my', 'in', 'to'],
];

/** Letters that are written as signs and digits. */
const written: Readonly<Record<string, string>> = { '@': 'a', $: 's', '0': 'o', '3': 'e', '1': 'i' };

/** Of a number that is added to a word; a longer one may well be random. */
const MOST_DIGITS = 12;
/** A random value of twelve hexadecimal digits has fewer once in a million times. */
const LEAST_DIFFERENT = 4;

/**
 * Says what no length shows. A value that somebody guesses at the first try is not stronger for being long, and
 * `dev-only-secret-key-dev-only-secret-key-dev-only-secret-key` is long.
 *
 * @param secret a value that is long enough
 * @returns what it should be; undefined when nothing speaks against it
 */
export function weaknessOf(secret: string): string | undefined {
  if (new Set(secret).size < LEAST_DIFFERENT) return 'should be random, and has hardly any different characters';
  const lower = secret.toLowerCase();
  // Its own check warns of the keys that Django's template writes, random as the rest of them is.
  const isExample = lower.startsWith('django-insecure-') || isMadeOfWords(lower) || isMadeOfWords(asLetters(lower));
  return isExample ? 'should be a random secret of your own, not what examples have' : undefined;
}

function isMadeOfWords(text: string): boolean {
  const letters = text.replace(/[^\p{L}\d]/gu, '');
  const left = words.reduce((rest, word) => rest.replaceAll(word, ' '), letters).replaceAll(' ', '');
  return letters !== '' && left.length <= MOST_DIGITS && /^\d*$/.test(left);
}

/** What stands at the end is a number, and the rest a word. */
function asLetters(text: string): string {
  return text.replace(/[^\p{L}]+$/u, '').replace(/[@$031]/g, (sign) => written[sign] ?? sign);
}
