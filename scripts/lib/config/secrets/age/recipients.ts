import { Encrypter } from 'age-encryption';
import { UsageError } from '../../../errors.js';
import { asText, readIfThere } from '../read-file.js';

/**
 * @param file the list that lies beside an encrypted file
 * @returns the recipients, each once
 * @throws UsageError listing every line that is none, or when nobody is in it
 */
export async function readRecipients(file: string): Promise<string[]> {
  const bytes = await readIfThere(file);
  const recipients = bytes === undefined ? [] : await parseRecipients(asText(bytes, file), file);
  if (recipients.length > 0) return recipients;
  throw new UsageError(`${file}: ${bytes === undefined ? 'there is no such file' : 'names nobody'}, so there is nobody to encrypt for`, {
    hints: [
      'it lists who can decrypt: an age recipient (age1…) a line, with a comment (# ada) above each',
      'npx zx scripts/secrets.mjs keygen   (makes yours and prints its recipient)',
    ],
  });
}

/**
 * @param text a recipient a line, comments, blank lines; a comment may also stand behind a recipient
 * @param where it stands, for the messages
 */
export async function parseRecipients(text: string, where: string): Promise<string[]> {
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*/, '').trim());
  const kinds = await Promise.all(lines.map(async (line) => (line === '' ? undefined : await problemOf(line))));
  const problems = kinds.flatMap((problem, index) => (problem === undefined ? [] : [`${where}:${index + 1}: ${problem}`]));
  if (problems.length > 0) {
    const [first = '', ...more] = problems;
    throw new UsageError(first, { details: more });
  }
  return [...new Set(lines.filter(Boolean))];
}

async function problemOf(line: string): Promise<string | undefined> {
  // Somebody has mixed up the two halves, in a file that everybody sees.
  if (/AGE-SECRET-KEY-/i.test(line)) {
    return 'is an identity, which has to stay secret; its recipient (age1…) belongs here. If this file was shared, make a new one';
  }
  if (line.startsWith('ssh-')) return 'is an SSH key, which is not supported; make an age key: npx zx scripts/secrets.mjs keygen';
  try {
    const encrypter = new Encrypter();
    encrypter.addRecipient(line);
    await encrypter.encrypt('');
    return undefined;
  } catch {
    return 'should be an age recipient (age1…), whole and as keygen printed it';
  }
}
