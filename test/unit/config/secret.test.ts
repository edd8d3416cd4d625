import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskSecrets, Secret } from '../../../scripts/lib/config/secret.js';

const secret = new Secret('hunter2-hunter2');

describe('a secret', () => {
  test.each([
    ['String()', () => String(secret)],
    ['a template', () => `${secret}`],
    ['inspect (and so console.log)', () => inspect(secret)],
    ['toString', () => secret.toString()],
    ['an error that quotes it', () => new Error(`${secret}`).message],
  ])('prints as [secret] through %s', (_, print) => {
    expect(print()).toBe('[secret]');
  });

  test('prints as [secret] inside objects, as JSON and as text', () => {
    expect(JSON.stringify({ a: { password: secret } })).toBe('{"a":{"password":"[secret]"}}');
    expect(inspect({ a: [secret] }, { depth: null, showHidden: true })).not.toContain('hunter2');
  });

  test('has no property that holds its value', () => {
    expect(Reflect.ownKeys(secret)).toEqual([]);
    expect({ ...secret }).toEqual({});
  });

  test('gives its value to the one place that asks for it', () => {
    expect(secret.reveal()).toBe('hunter2-hunter2');
  });
});

describe('maskSecrets', () => {
  const secrets = { DB_PASSWORD: new Secret('correct-horse'), SECRET_KEY: new Secret('correct-horse-battery') };

  test('puts a reference in place of each value, everywhere', () => {
    expect(maskSecrets('postgres://app:correct-horse@db and correct-horse again', secrets)).toBe(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: these are the references that Compose reads
      'postgres://app:${DB_PASSWORD}@db and ${DB_PASSWORD} again',
    );
  });

  test('a value that contains another is masked as a whole', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: these are the references that Compose reads
    expect(maskSecrets('key=correct-horse-battery', secrets)).toBe('key=${SECRET_KEY}');
  });

  test('values of fewer than six characters are left alone, since they stand everywhere by accident', () => {
    expect(maskSecrets('a text with abcde in it', { SHORT: new Secret('abcde') })).toBe('a text with abcde in it');
    expect(maskSecrets('a text', { EMPTY: new Secret('') })).toBe('a text');
  });

  test('values with characters that mean something to patterns are masked like others', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab.*+?^$()[]{}|\\&`'"), minLength: 6, maxLength: 12 }), (value) => {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: these are the references that Compose reads
        expect(maskSecrets(`<< ${value} >>`, { KEY: new Secret(value) })).toBe('<< ${KEY} >>');
      }),
    );
  });
});
