import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/**
 * @param stream where the text goes
 * @returns whether colours may be used: a terminal, and nobody asked for none (https://no-color.org)
 */
export function usesColour(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (environment.FORCE_COLOR && environment.FORCE_COLOR !== '0') return true;
  return Boolean(stream.isTTY) && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

/** @returns a function that styles a text, or leaves it as it is where colours are not wanted */
export function painter(enabled: boolean): (style: Style, text: string) => string {
  return enabled ? (style, text) => styleText(style, text, { validateStream: false } as never) : (_, text) => text;
}
