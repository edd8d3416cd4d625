/** One directive of an nginx configuration, as nginx itself would read it. */
export interface Directive {
  name: string;
  args: string[];
  /** The directives of its block; undefined when it ends with ";". */
  block?: Directive[];
}

type Token = { text: string } | '{' | '}' | ';';

/**
 * Reads configuration by nginx's own rules (ngx_conf_read_token): words end at white space, ";" or "{", quotes count at the
 * beginning of a word, "#" begins a comment there, a backslash keeps the next character.
 *
 * @throws Error when a brace, a quote or a ";" is missing
 */
export function parseNginx(text: string): Directive[] {
  const tokens = tokensOf(text);
  const directives = blockOf(tokens, false);
  if (tokens.length > 0) throw new Error('there is a "}" too many');
  return directives;
}

/** @returns every directive of that name, however deep */
export function allOf(directives: readonly Directive[], name: string): Directive[] {
  return directives.flatMap((one) => [...(one.name === name ? [one] : []), ...allOf(one.block ?? [], name)]);
}

/** @returns the arguments of a block's directives of that name, each joined by spaces */
export function valuesOf(block: readonly Directive[] | undefined, name: string): string[] {
  return (block ?? []).filter((one) => one.name === name).map(({ args }) => args.join(' '));
}

function blockOf(tokens: Token[], inside: boolean): Directive[] {
  const directives: Directive[] = [];
  let words: string[] = [];
  for (;;) {
    const token = tokens.shift();
    if (token === undefined || token === '}') {
      if (words.length > 0) throw new Error(`${words.join(' ')}: is not ended by ";"`);
      if (inside !== (token === '}')) throw new Error(inside ? 'a "}" is missing' : 'there is a "}" too many');
      return directives;
    }
    if (token === ';' || token === '{') {
      const [name, ...args] = words;
      if (name === undefined) throw new Error(`"${token}" without a directive`);
      directives.push({ name, args, ...(token === '{' ? { block: blockOf(tokens, true) } : {}) });
      words = [];
    } else {
      words.push(token.text);
    }
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] as string;
    if (/[ \t\r\n]/.test(character)) {
      at++;
    } else if (character === '#') {
      while (at < text.length && text[at] !== '\n') at++;
    } else if (character === ';' || character === '{' || character === '}') {
      tokens.push(character);
      at++;
    } else {
      const word = character === '"' || character === "'" ? quotedWord(text, at) : plainWord(text, at);
      tokens.push({ text: word.text });
      at = word.end;
    }
  }
  return tokens;
}

function quotedWord(text: string, start: number): { text: string; end: number } {
  const quote = text[start];
  let word = '';
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === quote) return { text: word, end: at + 1 };
    if (text[at] === '\\') word += text[at++];
    word += text[at] ?? '';
  }
  throw new Error(`the quote of ${word.slice(0, 40)} is not closed`);
}

function plainWord(text: string, start: number): { text: string; end: number } {
  let at = start;
  while (at < text.length) {
    const character = text[at] as string;
    if (character === '\\') at++;
    else if (character === '$' && text[at + 1] === '{') at++;
    else if (/[ \t\r\n;{]/.test(character)) break;
    at++;
  }
  return { text: text.slice(start, at), end: at };
}
