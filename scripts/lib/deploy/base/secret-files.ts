import type { ReadFileSecret } from '../../config/secrets/file-secrets.js';
import type { ArchiveFile } from '../../engine/archive.js';

/**
 * @param files secrets that are files for the app as well, read and decrypted
 * @returns what goes into the volume of the app's secrets, beside its other secrets: a container that mounts it at /run/secrets
 *   finds /run/secrets/<name>, whatever user it runs as
 */
export function appSecretFiles(files: readonly ReadFileSecret[]): ArchiveFile[] {
  return files.map(({ name, content }) => ({ path: name, content: Buffer.from(content.reveal(), 'base64'), mode: 0o444 }));
}
