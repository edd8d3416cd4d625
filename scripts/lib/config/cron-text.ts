import { CronExpressionParser } from 'cron-parser';
import { validate } from 'node-cron';

const SUCH_AS = 'should be a cron expression such as "0 2 * * *"';

const number = String.raw`\d{1,2}`;
/** Lists of numbers, ranges and steps, names allowed. */
const list = (value: string) => {
  const item = String.raw`(\*|(${value})-(${value}))(/\d{1,2})?|${value}`;
  return `(${item})(,(${item}))*`;
};
const field = (pattern: string) => new RegExp(`^(?:${pattern})$`, 'i');
const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const weekdays = 'sun|mon|tue|wed|thu|fri|sat';

/**
 * What both cron-parser 5.10 and node-cron 4.6 understand, and in the same way. Each of them knows more: nicknames, seconds,
 * L-2, 15W, H, ?, ranges backwards, steps without a range.
 */
const fields = [
  field(list(number)),
  field(list(number)),
  field(list(`${number}|L`)),
  field(list(`${number}|${months}`)),
  field(`${list(`${number}|${weekdays}`)}|[0-7]L|[0-7]#[1-5]`),
];

/**
 * @param text what a person typed
 * @returns what is wrong with it as a cron expression of five fields; undefined: nothing is
 */
export function cronProblem(text: string): string | undefined {
  const got = `got ${JSON.stringify(text)}`;
  const parts = normalized(text).split(' ');
  if (parts.length !== fields.length || !parts.every((part, index) => fields[index]?.test(part))) return `${SUCH_AS}, ${got}`;
  const [, , dayOfMonth, , dayOfWeek] = parts;
  if (dayOfMonth !== '*' && dayOfWeek !== '*') {
    // node-cron takes days that are both, cron-parser and most crons those that are either.
    return `${SUCH_AS} with "*" as the day of the month or as the day of the week, since programs disagree about both together, ${got}`;
  }
  if (isAccepted(parts)) return undefined;
  const comesNever = isAccepted(parts.with(3, '*')) && isAccepted(parts.with(2, '*'));
  return comesNever ? `${SUCH_AS}, ${got}: such a day never comes` : `${SUCH_AS}, ${got}`;
}

/** @returns both programs take it, and it fires some day */
function isAccepted(parts: readonly string[]): boolean {
  const text = parts.join(' ');
  try {
    return validate(text) && CronExpressionParser.parse(text, { tz: 'UTC' }).next().getTime() > 0;
  } catch {
    // Its errors are plain ones whose words are about single fields: a person is better served by an example.
    return false;
  }
}

/** @returns the expression with one space between its fields: node-cron takes no other white space */
export function normalized(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
