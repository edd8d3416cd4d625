import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWithin, parseWindow, sayMoment } from '../../../scripts/lib/config/deploy-window.js';

const within = (window: string, moment: string, zone = 'UTC') => isWithin(parseWindow(window) ?? [], new Date(moment), zone);

test.each([
  // 2026-11-25 is a Wednesday.
  ['Mon-Fri 08:00-17:00', '2026-11-25T08:00:00Z', true],
  ['Mon-Fri 08:00-17:00', '2026-11-25T16:59:59Z', true],
  ['Mon-Fri 08:00-17:00', '2026-11-25T17:00:00Z', false],
  ['Mon-Fri 08:00-17:00', '2026-11-28T12:00:00Z', false],
  ['Sat-Mon 08:00-17:00', '2026-11-29T12:00:00Z', true],
  ['Wed 22:00-02:00', '2026-11-26T01:59:00Z', true],
  ['Wed 22:00-02:00', '2026-11-25T01:59:00Z', false],
  ['Mon 08:00-09:00, Wed 10:00-24:00', '2026-11-25T23:59:00Z', true],
  ['', '2026-11-25T03:00:00Z', true],
])('%s at %s: %s', (window, moment, expected) => {
  expect(within(window, moment)).toBe(expected);
});

test('the clock is that of the time zone', () => {
  expect(within('Wed 08:00-09:00', '2026-11-25T07:30:00Z', 'Europe/Berlin')).toBe(true);
  expect(within('Wed 08:00-09:00', '2026-11-25T08:30:00Z', 'Europe/Berlin')).toBe(false);
  expect(sayMoment(new Date('2026-11-25T23:05:00Z'), 'Asia/Tokyo')).toBe('Thu 08:05');
  expect(sayMoment(new Date('2026-11-25T00:05:00Z'), 'UTC')).toBe('Wed 00:05');
});

test('of a span and the one that leaves off where it begins, every moment lies in exactly one', () => {
  const time = fc.integer({ min: 0, max: 24 * 60 - 1 });
  const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  fc.assert(
    fc.property(time, time, fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }), (a, b, moment) => {
      fc.pre(a !== b);
      const every = (from: number, to: number) => within(`Mon-Sun ${clock(from)}-${clock(to)}`, moment.toISOString());
      expect(every(a, b)).toBe(!every(b, a));
    }),
  );
});
