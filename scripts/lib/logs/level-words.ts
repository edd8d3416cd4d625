import { type Level, levelNamed } from './levels.js';

/** A level stands near the beginning; further on, the word "error" is part of what is told. */
const BEGINNING = 120;

/**
 * The ways in which programs write a level in plain text, the surest first. A word in lower case counts only where its form says
 * that it is a level: "0 errors" is none.
 */
const forms: readonly RegExp[] = [
  // logfmt: level=warn msg="…"
  /(?:^|\s)(?:level|lvl|severity)=["']?([a-z]+)/i,
  // nginx: 2026/11/25 15:31:09 [error] 29#29: …; many others: [WARN], <Error>, (info)
  /[[<(]\s*(trace|debug|verbose|info|notice|warn|warning|error|err|crit|critical|alert|emerg|fatal|panic)\s*[\])>]/i,
  // Postgres: 2026-11-25 15:31:09.347 UTC [1] LOG:  …; uvicorn: INFO:     …
  /(?:^|\s)(TRACE|DEBUG|INFO|NOTICE|LOG|WARN|WARNING|ERROR|CRITICAL|SEVERE|FATAL|PANIC)\d?:(?:\s|$)/,
  // Java, Python, Go: 2026-11-25 15:31:09,347 ERROR app.orders …
  /(?:^|[\s|])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|SEVERE|FATAL)(?=[\s|]|$)/,
  // error: no such file
  /^\s*(error|warning|warn|fatal|panic|info|debug):\s/i,
];

/** What a runtime says when a program fails. */
const failures: readonly (readonly [RegExp, Level])[] = [
  [/^\(node:\d+\) \S*Warning:/, 'warn'],
  [/^(?:Uncaught )?[A-Za-z.]*(?:Error|Exception)\b.*:/, 'error'],
  [/^(?:Traceback \(most recent call last\)|npm (?:ERR!|error) )/, 'error'],
];

/** Redis: `1:M 25 Nov 2026 15:31:09.347 * Ready to accept connections`; the sign before the text is the level. */
const REDIS = /^\d+:[A-Z] \d{1,2} \w{3} \d{4} [\d:.]+ ([.\-*#]) /;
const redisSigns: Readonly<Record<string, Level>> = { '.': 'debug', '-': 'debug', '*': 'info', '#': 'warn' };
/** klog, glog: `E1125 15:31:09.347900       1 main.go:12] …` */
const KLOG = /^([IWEF])\d{4} \d\d:\d\d:\d\d/;
const klogLetters: Readonly<Record<string, Level>> = { I: 'info', W: 'warn', E: 'error', F: 'fatal' };

/** @returns the level that a line of plain text tells; undefined when it tells none; pure */
export function levelInWords(text: string): Level | undefined {
  const beginning = text.slice(0, BEGINNING);
  const sign = REDIS.exec(beginning)?.[1];
  if (sign !== undefined) return redisSigns[sign];
  const letter = KLOG.exec(beginning)?.[1];
  if (letter !== undefined) return klogLetters[letter];
  for (const form of forms) {
    const level = levelNamed(form.exec(beginning)?.[1] ?? '');
    if (level) return level;
  }
  return failures.find(([form]) => form.test(beginning))?.[1];
}
