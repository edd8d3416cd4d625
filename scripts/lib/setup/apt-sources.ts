/** One source of packages, whichever of apt's two formats it was written in. */
export interface AptSource {
  uris: readonly string[];
  suites: readonly string[];
  components: readonly string[];
  /** Further fields as deb822 spells them: Signed-By, Check-Valid-Until, Architectures, … */
  fields: Readonly<Record<string, string>>;
}

/** Options whose deb822 field is not just the option's name in capitals: sources.list(5). */
const RENAMED: Readonly<Record<string, string>> = { arch: 'Architectures', lang: 'Languages', target: 'Targets' };
const OWN_FIELDS = new Set(['types', 'uris', 'suites', 'components', 'enabled']);

/**
 * @param text the content of a `*.sources` file (deb822: stanzas of `Field: value`)
 * @returns its enabled sources of binary packages
 */
export function parseSourcesFile(text: string): AptSource[] {
  return text
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
    .map(stanzaFields)
    .filter((stanza) => words(stanza.get('types')?.value).includes('deb') && !/^(no|false|0)$/i.test(stanza.get('enabled')?.value ?? ''))
    .map((stanza) => ({
      uris: words(stanza.get('uris')?.value),
      suites: words(stanza.get('suites')?.value),
      components: words(stanza.get('components')?.value),
      fields: Object.fromEntries([...stanza].filter(([key]) => !OWN_FIELDS.has(key)).map(([, { name, value }]) => [name, value])),
    }));
}

/**
 * @param text the content of a `sources.list` or `*.list` file (a line each: `deb [option=value …] URI suite component …`)
 * @returns its sources of binary packages
 */
export function parseListFile(text: string): AptSource[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+[^#\s]\S*)*)\s*(?:#.*)?$/.exec(line);
    if (!match) return [];
    const [, options, uri = '', suite = '', components] = match;
    return [{ uris: [uri], suites: [suite], components: words(components), fields: Object.fromEntries(words(options).map(optionField)) }];
  });
}

/**
 * @param source any source
 * @returns it as a stanza of a `*.sources` file
 */
export function renderSource(source: AptSource): string {
  const fields = { Types: 'deb', URIs: source.uris.join(' '), Suites: source.suites.join(' '), Components: source.components.join(' ') };
  const lines = Object.entries({ ...fields, ...source.fields }).map(
    ([name, value]) => `${name}:${value.startsWith('\n') ? '' : ' '}${value}`,
  );
  return `${lines.join('\n')}\n`;
}

const DEBIAN_SUITES = /^(oldstable|stable|testing|unstable|sid|bullseye|bookworm|trixie|forky|duke)$/;

/**
 * Finds the machine's mirror of the Debian archive among sources of other vendors, which like to use Debian's suite names.
 *
 * @param sources all sources of the machine
 * @returns the source of Debian's own main component, or undefined
 */
export function debianArchive(sources: readonly AptSource[]): AptSource | undefined {
  const candidates = sources.filter(
    ({ suites, components }) => suites.some((suite) => DEBIAN_SUITES.test(suite)) && components.includes('main'),
  );
  const likelihood = ({ uris, fields }: AptSource) =>
    (/debian-archive/.test(fields['Signed-By'] ?? '') ? 2 : 0) + (uris.some((uri) => /\/debian\/?$/.test(uri)) ? 1 : 0);
  return candidates.sort((a, b) => likelihood(b) - likelihood(a))[0];
}

function stanzaFields(stanza: string): Map<string, { name: string; value: string }> {
  const fields = new Map<string, { name: string; value: string }>();
  let last: { name: string; value: string } | undefined;
  for (const line of stanza.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const match = /^([A-Za-z][\w-]*):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (match) {
      last = { name: match[1] ?? '', value: match[2] ?? '' };
      fields.set(last.name.toLowerCase(), last);
    } else if (last && /^\s+\S/.test(line)) last.value += `\n${line}`;
  }
  return fields;
}

function optionField(option: string): [string, string] {
  const [name = '', value = ''] = option.split(/=(.*)/s);
  const field = RENAMED[name] ?? name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
  return [field, value.replaceAll(',', ' ')];
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter(Boolean);
}
