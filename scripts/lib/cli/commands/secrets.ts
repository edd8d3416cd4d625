import { UsageError } from '../../errors.js';
import type { Command } from '../command.js';
import type { SecretsAction } from '../secrets/action.js';

/** What each action takes: its own flags, and how many words behind it at most. */
const actions = {
  generate: { flags: ['bytes', 'write'], words: 50 },
  keygen: { flags: [], words: 1 },
  encrypt: { flags: ['output', 'remove'], words: 2 },
  decrypt: { flags: ['output'], words: 2 },
  edit: { flags: [], words: 1 },
  rekey: { flags: [], words: 2 },
  import: { flags: ['openssl', 'iter', 'digest', 'passphrase-file', 'remove'], words: 2 },
} as const;
type Name = keyof typeof actions;

/** Loaded when it is the one that was typed. */
const loaders: Record<Name, () => Promise<SecretsAction>> = {
  generate: async () => (await import('../secrets/generate.js')).generate,
  keygen: async () => (await import('../secrets/keygen.js')).keygen,
  encrypt: async () => (await import('../secrets/encrypt.js')).encrypt,
  decrypt: async () => (await import('../secrets/decrypt.js')).decrypt,
  edit: async () => (await import('../secrets/edit.js')).edit,
  rekey: async () => (await import('../secrets/encrypt.js')).rekey,
  import: async () => (await import('../secrets/import.js')).importOpenssl,
};

export const command: Command = {
  summary: 'Makes random secrets; keeps those of an environment encrypted beside the code (.env.<environment>.age).',
  usage: [
    'generate [KEY…] [--bytes 32] [--write]',
    'keygen [FILE]',
    'encrypt ENVIRONMENT [FILE|-] [--remove]',
    'encrypt ENVIRONMENT keys/google.json --output keys/google.json.age',
    'decrypt [ENVIRONMENT] [FILE.age] [--output FILE]',
    'edit [ENVIRONMENT]',
    'rekey [ENVIRONMENT] [FILE.age]',
    'import [ENVIRONMENT] FILE --openssl [--passphrase-file FILE|-] [--remove]',
    'import [ENVIRONMENT] FILE --openssl --iter 100000 --digest sha256',
  ],
  words: 51,
  flags: {
    bytes: { type: 'string' },
    write: { type: 'boolean' },
    output: { type: 'string' },
    remove: { type: 'boolean' },
    openssl: { type: 'boolean' },
    iter: { type: 'string' },
    digest: { type: 'string' },
    'passphrase-file': { type: 'string' },
  },
  help: {
    bytes: 'NUMBER: how many random bytes each value has (24; 48 for SECRET_KEY)',
    write: 'generate: into .env, for keys that have no value there; none that is there is changed',
    output: 'FILE: decrypt into this new one, mode 0600; encrypt another file than .env into this one',
    remove: 'removes the file that was read, once what is encrypted is on the disk',
    openssl: 'import: a file that openssl enc -aes-256-cbc has made',
    iter: 'NUMBER: what -iter said then; without it the usual ways are tried',
    digest: 'NAME: what -md said then, such as md5',
    'passphrase-file': 'FILE: its first line is the passphrase (- is standard input); else you are asked',
  },
  run: async (given, output) => {
    const [name, ...words] = given.words;
    const hints = [`type: npx zx scripts/secrets.mjs ${Object.keys(actions).join(', ')}`];
    if (name === undefined) throw new UsageError('an action is missing', { hints });
    if (!Object.hasOwn(actions, name)) throw new UsageError(`${JSON.stringify(name)}: is no action`, { hints });
    const takes: { flags: readonly string[]; words: number } = actions[name as Name];
    const stray = Object.keys(command.flags).find((flag) => given.values[flag] !== undefined && !takes.flags.includes(flag));
    if (stray !== undefined) throw new UsageError(`--${stray}: does not belong to ${name}`, { hints });
    if (words.length > takes.words) throw new UsageError(`${JSON.stringify(words[takes.words])}: is one word too many`, { hints });
    return (await loaders[name as Name]())({ values: given.values, words }, output);
  },
};
