/** Colours and the like, which a line has for a terminal of its own (ECMA-48, "SGR"). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STYLES = /\x1b\[[\d;:]*m/g;
/** What moves a terminal's cursor, sets its title, fills its clipboard, or turns the direction of writing; a tab does not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * @param text a line that anybody may have written: a client's address line stands in it as well
 * @returns it for a terminal: styles are left out, and every other control character is shown instead of obeyed; pure
 */
export function safeText(text: string): string {
  return text.replace(STYLES, '').replace(CONTROLS, shown);
}

/** Unicode has pictures of the C0 controls and of DEL. */
function shown(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `\\u${code.toString(16).padStart(4, '0')}`;
}
