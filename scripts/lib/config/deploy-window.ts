const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
type Day = (typeof DAYS)[number];
const SPAN = /^(\w{3})(?:-(\w{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)$/;

/** Times of a week at which deploys are let through: from a minute of the day to another one, on some days. */
export interface Span {
  days: readonly Day[];
  /** Minutes since midnight. */
  from: number;
  /** Before it when the span goes on into the next day. */
  to: number;
}

/**
 * @param text such as `Mon-Fri 08:00-17:00, Sat 10:00-12:00`; nothing: always
 * @returns undefined when it cannot be read
 */
export function parseWindow(text: string): Span[] | undefined {
  const spans = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map(parseSpan);
  return spans.every((span) => span !== undefined) ? spans : undefined;
}

function parseSpan(text: string): Span | undefined {
  const [, first, last = first, ...numbers] = SPAN.exec(text) ?? [];
  const [begin, end] = [first, last].map((day) => DAYS.indexOf(day as Day));
  if (begin === undefined || end === undefined || begin < 0 || end < 0) return undefined;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = numbers.map(Number);
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  if (fromMinute > 59 || toMinute > 59 || from > 24 * 60 || to > 24 * 60 || from === to) return undefined;
  const count = ((end - begin + DAYS.length) % DAYS.length) + 1;
  return { days: Array.from({ length: count }, (_, index) => DAYS[(begin + index) % DAYS.length] as Day), from, to };
}

/** @returns whether a moment lies in one of the spans, by the clock of a time zone; pure. No spans: always */
export function isWithin(spans: readonly Span[], moment: Date, timeZone: string): boolean {
  const { day, minute } = clockOf(moment, timeZone);
  const yesterday = DAYS[(DAYS.indexOf(day) + DAYS.length - 1) % DAYS.length] as Day;
  const isIn = ({ days, from, to }: Span) =>
    from < to
      ? days.includes(day) && minute >= from && minute < to
      : (days.includes(day) && minute >= from) || (days.includes(yesterday) && minute < to);
  return spans.length === 0 || spans.some(isIn);
}

/** @returns a moment as a person in that time zone says it: `Sat 23:10` */
export function sayMoment(moment: Date, timeZone: string): string {
  const { day, minute } = clockOf(moment, timeZone);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${day} ${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

function clockOf(moment: Date, timeZone: string): { day: Day; minute: number } {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  return { day: parts.weekday as Day, minute: Number(parts.hour) * 60 + Number(parts.minute) };
}
