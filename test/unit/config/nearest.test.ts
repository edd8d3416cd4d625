import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../../../scripts/lib/config/nearest.js';

test('two letters that changed places are one slip', () => {
  expect(nearest('PROT', ['PORT'], 1)).toBe('PORT');
  expect(nearest('OPTR', ['PORT'], 1)).toBeUndefined();
  expect(nearest('OPRT', ['PORT'], 1)).toBe('PORT');
});

test('how many slips still count can be said', () => {
  expect(nearest('forrce', ['force'], 0)).toBeUndefined();
  expect(nearest('forrce', ['force'], 1)).toBe('force');
  expect(nearest('fforrce', ['force'], 1)).toBeUndefined();
});

test('a known word is nearest to itself, whatever else is known', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), fc.nat(), (known, at) => {
      const word = known[at % known.length] as string;
      expect(nearest(word, known)).toBe(word);
    }),
  );
});

test('being near goes both ways', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(nearest(a, [b]) === undefined).toBe(nearest(b, [a]) === undefined);
    }),
  );
});
