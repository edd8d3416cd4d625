import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Dotenv, parseDotenv, quoteDotenv } from '../../../scripts/lib/config/dotenv-file.js';

/** Texts of the characters that parsers of .env files stumble over. */
const nasty = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 12 });
const anyNasty = nasty('ab1#$\\\'"`\n =:{}\té,');

/** @returns what a text says, without where it says it */
function read(text: string): Pick<Dotenv, 'values' | 'strayLines'> {
  const { values, strayLines } = parseDotenv(text);
  return { values, strayLines };
}

function lineOf(key: string, value: string): string {
  return `${key}=${quoteDotenv(value)}\n`;
}

function quotable(value: string): boolean {
  try {
    quoteDotenv(value);
    return true;
  } catch {
    return false;
  }
}

describe('quoteDotenv', () => {
  test('any value that it quotes is read back exactly', () => {
    fc.assert(
      fc.property(fc.oneof(anyNasty, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })).filter(quotable), (value) => {
        expect(read(lineOf('KEY', value))).toEqual({ values: { KEY: value }, strayLines: [] });
      }),
      { numRuns: 5_000 },
    );
  });

  test('values stay what they are among other keys', () => {
    fc.assert(
      fc.property(fc.array(anyNasty.filter(quotable), { maxLength: 5 }), (values) => {
        const named = Object.fromEntries(values.map((value, index) => [`KEY_${index}`, value]));
        const text = Object.entries(named)
          .map(([key, value]) => lineOf(key, value))
          .join('');
        expect(read(text)).toEqual({ values: named, strayLines: [] });
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    'p#ss',
    'pa$w0rd',
    'pa$$word',
    'p@ss',
    'it’s',
    "it's",
    'say "hi"',
    'a`b',
    ' lead and trail ',
    'two\nlines',
    'C:\\temp',
    '',
    '=',
    '#',
  ])('a password such as %j is read back exactly', (value) => {
    expect(parseDotenv(lineOf('KEY', value)).values).toEqual({ KEY: value });
  });

  test('plain values are written without quotes', () => {
    expect(quoteDotenv('ghcr.io/acme/app:v1.2@x+y%20,z-1')).toBe('ghcr.io/acme/app:v1.2@x+y%20,z-1');
  });

  test('a value with all three quote characters is refused, since no quoting keeps it', () => {
    expect(() => quoteDotenv('\'`"')).toThrow('cannot be written to a .env file');
  });

  test.each(['a\rb', 'a\r\nb'])(
    'a value with a carriage return (%j) is refused: dotenv turns it into a line break, whatever the quotes',
    (value) => {
      expect(() => quoteDotenv(value)).toThrow('carriage return');
    },
  );

  // In dotenv's grammar \' goes on with the value: 'x\' would take the following lines with it when they have quotes.
  test('a value that ends with a backslash leaves the next key alone', () => {
    const text = lineOf('FIRST', 'x y\\') + lineOf('SECOND', '#y');
    expect(parseDotenv(text).values).toEqual({ FIRST: 'x y\\', SECOND: '#y' });
  });
});

describe('parseDotenv', () => {
  test('comments, blank lines, export and spaces around "=" are read', () => {
    const text = '# a comment\n\n  export A=1\nB = two words # and a comment\n\tC=\n';
    expect(read(text)).toEqual({ values: { A: '1', B: 'two words', C: '' }, strayLines: [] });
  });

  test('a later line of the same key wins', () => {
    expect(parseDotenv('A=1\nA=2\n').values).toEqual({ A: '2' });
  });

  test.each(["'", '"', '`'])('a value in %s may have several lines, and none of them is a stray line', (quote) => {
    const text = `A=${quote}first\nsecond line\n\nB=no key${quote}\nC=1\n`;
    expect(read(text)).toEqual({ values: { A: 'first\nsecond line\n\nB=no key', C: '1' }, strayLines: [] });
  });

  test('Windows line ends are read like others', () => {
    expect(read('A=1\r\n\r\n# note\r\nB="x\r\ny"\r\nC=3\r\n')).toEqual({ values: { A: '1', B: 'x\ny', C: '3' }, strayLines: [] });
  });

  test('lines that are no assignment are told by their number', () => {
    expect(parseDotenv('A=1\njust words\nB=2\n=3\n--C\n').strayLines).toEqual([2, 4, 5]);
  });

  test('numbers of stray lines count the lines of quoted values and Windows line ends', () => {
    expect(parseDotenv('A="x\r\ny"\r\noops\r\n').strayLines).toEqual([3]);
  });

  test('where each key stands is known; of several places the last one, which wins', () => {
    const { lines } = parseDotenv('# a comment\nA=1\nB="first\nC=in B"\nexport D: 4\nA=5\n');
    expect([...lines]).toEqual([
      ['A', 6],
      ['B', 3],
      ['D', 5],
    ]);
  });

  test('a key that is named like something of JavaScript is a key like others', () => {
    expect(parseDotenv('constructor=1\ntoString=2\n').values).toEqual({ constructor: '1', toString: '2' });
  });

  // dotenv wants white space after ":", so the first of these sets nothing.
  test('a line with a ":" that dotenv does not take for an assignment is a stray line', () => {
    expect(read('DB_PASSWORD:abc\n')).toEqual({ values: {}, strayLines: [1] });
    expect(read('DB_PASSWORD: abc\n')).toEqual({ values: { DB_PASSWORD: 'abc' }, strayLines: [] });
  });

  test('a quote that is never closed does not hide later stray lines', () => {
    expect(parseDotenv("A='never closed\njust words\nB=2\n").strayLines).toContain(2);
  });
});
