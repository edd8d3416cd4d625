import { levelOfLine, requestOf } from './filter.js';
import { safeText } from './safe-text.js';
import type { LogLine, LogSource } from './source.js';

type Style =
  | 'cyan'
  | 'yellow'
  | 'green'
  | 'magenta'
  | 'blue'
  | 'cyanBright'
  | 'yellowBright'
  | 'greenBright'
  | 'magentaBright'
  | 'blueBright';
type Paint = (style: Style, text: string) => string;

const STYLES: readonly Style[] = [
  ...(['cyan', 'yellow', 'green', 'magenta', 'blue'] as const),
  ...(['cyanBright', 'yellowBright', 'greenBright', 'magentaBright', 'blueBright'] as const),
];

export interface ScreenOptions {
  /** Whether it goes to a terminal: control characters are shown there, and left as they are elsewhere. */
  terminal: boolean;
  /** Puts the time before each line. */
  timestamps: boolean;
  paint: Paint;
}

/**
 * Makes lines as `docker compose logs` shows them: `blue-backend-1  | …`, each container in a colour of its own.
 *
 * @param known the containers there are; others may join, whose lines stand below those of the first ones
 * @returns makes the text of some lines; it remembers the containers and changes nothing else
 */
export function screen(known: readonly LogSource[], { terminal, timestamps, paint }: ScreenOptions): (lines: readonly LogLine[]) => string {
  let width = Math.max(0, ...known.flatMap(bothLabels).map((label) => label.length));
  const prefixes = new Map<string, string>();
  const styles = new Map<string, Style>();
  const prefixOf = (source: LogSource): string => {
    if (source.label.length > width) {
      width = source.label.length;
      prefixes.clear();
    }
    const style = styles.get(source.label) ?? (STYLES[styles.size % STYLES.length] as Style);
    styles.set(source.label, style);
    const prefix = prefixes.get(source.label) ?? paint(style, `${source.label.padEnd(width)}  | `);
    prefixes.set(source.label, prefix);
    return prefix;
  };
  return (lines) =>
    lines.map(({ source, at, text }) => `${prefixOf(source)}${timestamps ? `${at} ` : ''}${terminal ? safeText(text) : text}\n`).join('');
}

/** The next deploy goes to the other colour: its lines are to stand below these. */
function bothLabels({ label, colour }: LogSource): string[] {
  return colour === undefined ? [label] : [label, label.replace(colour, 'green')];
}

/** @returns lines as programs read them: one JSON object a line; pure */
export function jsonLines(lines: readonly LogLine[]): string {
  return lines.map((line) => `${JSON.stringify(asData(line))}\n`).join('');
}

function asData(line: LogLine): Record<string, unknown> {
  const { at, stream, text, source } = line;
  const { service, colour = null, number } = source;
  return {
    time: at,
    service,
    colour,
    replica: number,
    stream,
    level: levelOfLine(line) ?? null,
    request: requestOf(text) ?? null,
    line: text,
  };
}
