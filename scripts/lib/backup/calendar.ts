/** Parts of the calendar, each of which may keep one set. */
export const periods = ['daily', 'weekly', 'monthly', 'yearly'] as const;
export type Period = (typeof periods)[number];

const DAY_MS = 86_400_000;

/**
 * @param timezone where the days begin, such as Europe/Berlin
 * @returns a function that names the day, the ISO week (it begins on Monday), the month or the year of a moment; moments of
 *   the same one get the same text
 */
export function calendarOf(timezone: string): (moment: Date, period: Period) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    calendar: 'gregory',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (moment, period) => {
    const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
    const { year, month, day } = parts;
    if (period === 'yearly') return `${year}`;
    if (period === 'monthly') return `${year}-${month}`;
    if (period === 'daily') return `${year}-${month}-${day}`;
    return weekOf(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  };
}

/** A week is named by its Monday, which needs no rule for the turn of the year. */
function weekOf(day: number): string {
  const sinceMonday = (new Date(day).getUTCDay() + 6) % 7;
  return `week of ${new Date(day - sinceMonday * DAY_MS).toISOString().slice(0, 10)}`;
}
