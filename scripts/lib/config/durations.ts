const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/**
 * @param text a duration such as `500ms`, `30s`, `5m` or `1h`
 * @returns whole milliseconds, or undefined when it is not one
 */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  return match ? Math.round(Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]) : undefined;
}

const DAY_MS = 24 * UNITS.h;

/**
 * Most settings know no days, since none of them lasts so long and nginx reads some of them. Those that do are told in days.
 *
 * @param text a duration as {@link parseDuration} reads it, or one in days such as `30d`
 * @returns whole milliseconds, or undefined when it is not one
 */
export function parseLongDuration(text: string): number | undefined {
  const days = /^(\d+(?:\.\d+)?)d$/.exec(text.trim())?.[1];
  return days === undefined ? parseDuration(text) : Math.round(Number(days) * DAY_MS);
}

/**
 * @param milliseconds a length of time
 * @returns it as a person reads it: `340 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`
 */
export function formatDuration(milliseconds: number): string {
  if (Math.round(milliseconds) < 1_000) return `${Math.round(milliseconds)} ms`;
  if (Math.round(milliseconds / 100) < 600) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

/**
 * @param bytes a size in bytes
 * @returns it as a person reads it, in powers of 1024: `512 B`, `1.5 MiB`
 */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
