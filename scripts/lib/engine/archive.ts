import { extract, pack } from 'tar-stream';

/** A file on its way into a container. */
export interface ArchiveFile {
  path: string;
  content: string | Buffer;
  mode?: number;
  uid?: number;
  gid?: number;
}

/** @returns a tar archive of the files, as the engine's archive call and `tar -x` take it */
export async function tarOf(files: readonly ArchiveFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { path, content, mode = 0o644, uid = 0, gid = 0 } of files) archive.entry({ name: path, mode, uid, gid }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @returns the texts of the files of an archived folder, by their paths inside it */
export async function filesOf(archive: Buffer): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const entries = extract();
  entries.end(archive);
  for await (const entry of entries) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, type } = entry.header;
    if (type === 'file') files.set(name.slice(name.indexOf('/') + 1), Buffer.concat(chunks).toString('utf8'));
  }
  return files;
}

/** @returns the text of the first file of a tar archive; empty when it has none */
export async function firstFileOf(archive: Buffer): Promise<string> {
  const entries = extract();
  entries.end(archive);
  for await (const entry of entries) {
    let text = '';
    for await (const chunk of entry) text += chunk;
    return text;
  }
  return '';
}
