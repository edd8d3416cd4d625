/** How grave a line is, with pino's numbers (https://getpino.io/#/docs/api?id=logger-level). */
export const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
export type Level = keyof typeof levels;

/** What loggers call them: syslog, nginx, Postgres, Redis, Python, Go and Java among them. */
const names: ReadonlyMap<string, Level> = new Map([
  ...(Object.keys(levels) as Level[]).map((level) => [level, level] as const),
  ...(['verbose', 'fine'] as const).map((name) => [name, 'debug'] as const),
  ...(['information', 'informational', 'notice', 'log', 'default'] as const).map((name) => [name, 'info'] as const),
  ['warning', 'warn'],
  ...(['err', 'severe'] as const).map((name) => [name, 'error'] as const),
  ...(['crit', 'critical', 'alert', 'emerg', 'emergency', 'panic'] as const).map((name) => [name, 'fatal'] as const),
]);

/** @returns the level of that name, in whatever case; undefined when there is none */
export function levelNamed(name: string): Level | undefined {
  return names.get(name.toLowerCase());
}

/**
 * Pino's numbers begin at 10, and those that its users make up lie between its own; syslog's are 0 (emergency) to 7 (debug), see
 * RFC 5424.
 *
 * @returns undefined when it is neither
 */
export function levelNumbered(number: number): Level | undefined {
  if (number >= 0 && number < 8) return SYSLOG[Math.floor(number)];
  return (Object.keys(levels) as Level[]).findLast((level) => levels[level] <= number);
}

const SYSLOG: readonly Level[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug'];

/** @returns what an HTTP status says of its request; undefined when it is none */
export function levelOfStatus(status: number): Level | undefined {
  if (status >= 500 && status < 600) return 'error';
  if (status >= 400 && status < 500) return 'warn';
  return status >= 100 && status < 400 ? 'info' : undefined;
}
