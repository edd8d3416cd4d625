import { readFileSync } from 'node:fs';
import { SlipwayError, UsageError } from '../../../errors.js';
import { readRecipients } from '../age/recipients.js';
import { seal, unseal } from '../age/seal.js';
import { dotenvProblems } from '../encrypted-env.js';
import type { SecretPaths } from '../paths.js';
import { asText, readIfThere } from '../read-file.js';
import { replaceFile } from '../write-file.js';
import { withPrivateFile } from './private-file.js';

export interface Editing {
  paths: SecretPaths;
  identities: readonly string[];
  /** Opens a file for the person and returns when it is closed. */
  open: (file: string) => Promise<void>;
  /** Tells what is wrong with the text, and asks whether to open it again. */
  again: (problems: readonly string[]) => Promise<boolean>;
}

export interface Edited {
  file: string;
  changed: boolean;
  recipients: number;
}

/**
 * Lets a person edit an encrypted .env file, or begin one. The text is in clear in a private file only while the editor is open.
 *
 * @returns whether it was changed; a text that is the same leaves the file untouched
 * @throws UsageError when it cannot be decrypted, there is nobody to encrypt for, or the text stays wrong; SlipwayError when somebody
 *   else changed the file meanwhile: theirs stays, and what was typed lies encrypted beside it
 */
export async function editEnv({ paths, identities, open, again }: Editing): Promise<Edited> {
  const recipients = await readRecipients(paths.recipients);
  const before = await readIfThere(paths.encrypted);
  const text = before === undefined ? beginning(paths) : asText(await unseal(before, identities, paths.encrypted), paths.encrypted);
  const edited = await withPrivateFile(`${paths.environment}.env`, text, (file) => editedText(file, paths, open, again));
  const result = { file: paths.encrypted, recipients: recipients.length };
  if (edited === text) return { ...result, changed: false };
  await save(paths, before, await seal(edited, recipients));
  return { ...result, changed: true };
}

/** Opens the file until its text can be read, or the person has had enough. */
async function editedText(file: string, { environment }: SecretPaths, open: Editing['open'], again: Editing['again']): Promise<string> {
  for (;;) {
    await open(file);
    const text = asText(readFileSync(file), environment);
    const problems = dotenvProblems(text, environment);
    if (problems.length === 0) return text;
    if (!(await again(problems))) throw new UsageError('the text is no .env file; nothing was changed', { details: problems });
  }
}

async function save({ environment, encrypted }: SecretPaths, before: Buffer | undefined, sealed: string): Promise<void> {
  const now = await readIfThere(encrypted);
  const same = now === undefined || before === undefined ? now === before : now.equals(before);
  if (same) return replaceFile(encrypted, sealed, 0o644);
  const kept = `${encrypted}.edited`;
  await replaceFile(kept, sealed, 0o600);
  throw new SlipwayError(`${encrypted} was changed by somebody else meanwhile, and was left as it is`, {
    details: [`what you typed is in ${kept}, encrypted for the same recipients`],
    hints: [`npx zx scripts/secrets.mjs decrypt ${environment} ${kept}   (shows it; type edit again, and remove it)`],
  });
}

function beginning({ environment }: SecretPaths): string {
  return `# Secrets of ${environment}: KEY=value, a line each. Quote values that have #, spaces or line breaks in them.\n`;
}
