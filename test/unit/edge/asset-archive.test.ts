import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, type Header, pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { ASSETS_MARK, type AssetLimits, packAssets } from '../../../scripts/lib/edge/asset-archive.js';

type Given = Partial<Header> & { name: string; content?: string };
const never = new AbortController().signal;

/** @returns a folder as the engine gives it */
async function folder(...entries: Given[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries) archive.entry(header, content);
  archive.finalize();
  return buffer(archive as unknown as Readable);
}

const source = (tar: Buffer | (() => Readable), at = '/assets/', service = 'web') => ({
  service,
  folder: '/app/public/assets',
  at,
  open: async () => (Buffer.isBuffer(tar) ? Readable.from([tar]) : tar()),
});

/** @returns what is in the archive: by name the type, the mode, the time and the content or the target */
async function contentOf(archive: AsyncIterable<Uint8Array>): Promise<Record<string, string>> {
  const entries = extract();
  const found: Record<string, string> = {};
  entries.end(await buffer(archive));
  for await (const entry of entries) {
    const { name, type, mode = 0, mtime, linkname } = entry.header;
    const content = linkname ?? String(await buffer(entry as unknown as Readable));
    found[name] = [type, mode.toString(8), mtime?.getTime(), content].join(' ');
  }
  return found;
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error) => error.message,
  );
const tooSmall = (limits: Partial<AssetLimits>): AssetLimits => ({ bytes: 1_000, entries: 1_000, ...limits });
const mtime = new Date(1_700_000_000_000);
const root: Given = { name: 'assets/', type: 'directory', mode: 0o700, mtime };
const file = (name: string, content = name): Given => ({ name: `assets/${name}`, content, mode: 0o600, uid: 7, mtime });

describe('the archive for the edge', () => {
  test('has files and folders by service and path, for everybody to read, and ends with its mark', async () => {
    const deep: Given = { name: 'assets/deep/', type: 'directory', mtime };
    const { body, totals } = packAssets([source(await folder(root, file('a.js'), deep, file('deep/b.css', 'bb')))], never);
    expect(await contentOf(body)).toEqual({
      'web/assets/': 'directory 755 1700000000000 ',
      'web/assets/a.js': 'file 644 1700000000000 a.js',
      'web/assets/deep/': 'directory 755 1700000000000 ',
      'web/assets/deep/b.css': 'file 644 1700000000000 bb',
      [ASSETS_MARK]: expect.stringMatching(/ {"files":2,"bytes":6}$/),
    });
    expect(totals).toEqual({ files: 2, entries: 4, skipped: 0, bytes: 6, first: new Map([['web', '/assets/a.js']]) });
  });

  test('has several folders of several services', async () => {
    const tar = await folder(root, file('a.js'));
    const sources = [source(tar), source(tar, '/_next/static/'), source(tar, '/assets/', 'admin')];
    const names = Object.keys(await contentOf(packAssets(sources, never).body)).filter((name) => name.endsWith('.js'));
    expect(names).toEqual(['web/assets/a.js', 'web/_next/static/a.js', 'admin/assets/a.js']);
  });

  test('has no symbolic link, device or pipe; a hard link is the file that it is', async () => {
    const odd: Given[] = [
      { name: 'assets/link.js', type: 'symlink', linkname: '/etc/passwd' },
      { name: 'assets/device', type: 'character-device', devmajor: 1, devminor: 3 },
      { name: 'assets/pipe', type: 'fifo' },
      { name: 'assets/again.js', type: 'link', linkname: 'assets/a.js', mtime },
      { name: 'assets/out.js', type: 'link', linkname: '../../etc/passwd' },
    ];
    const { body, totals } = packAssets([source(await folder(root, file('a.js'), ...odd))], never);
    const content = await contentOf(body);
    expect(Object.keys(content)).toEqual(['web/assets/', 'web/assets/a.js', 'web/assets/again.js', ASSETS_MARK]);
    expect(content['web/assets/again.js']).toMatch(/^link .* web\/assets\/a\.js$/);
    expect(totals).toMatchObject({ files: 2, skipped: 4 });
  });

  test('keeps long names and names of any script', async () => {
    const names = [`${'deep/'.repeat(40)}a.js`, 'ärger.日本.js'];
    const content = await contentOf(packAssets([source(await folder(root, ...names.map((name) => file(name, 'x'))))], never).body);
    for (const name of names) expect(content[`web/assets/${name}`]).toMatch(/ x$/);
  });
});

describe('the archive breaks off, without its mark,', () => {
  const broken = async (sources: Parameters<typeof packAssets>[0], limits?: AssetLimits, signal = never) => {
    const chunks: Uint8Array[] = [];
    const { body } = packAssets(sources, signal, limits);
    const reading = (async () => {
      for await (const chunk of body) chunks.push(chunk);
    })();
    const said = await failure(reading);
    expect(Buffer.concat(chunks).toString()).not.toContain(ASSETS_MARK);
    return said;
  };

  test('where the folder is a file, or a link', async () => {
    expect(await broken([source(await folder({ name: 'assets', content: 'x' }))])).toBe(
      'services.web.x-slipway.assets: /app/public/assets is no folder',
    );
    expect(await broken([source(await folder({ name: 'assets', type: 'symlink', linkname: 'other' }))])).toMatch(
      /is a link to other: name the folder itself$/,
    );
  });

  test('where there is more than a frontend has', async () => {
    const tar = await folder(root, file('a.js', 'x'.repeat(600)), file('b.js', 'x'.repeat(600)));
    expect(await broken([source(tar)], tooSmall({ bytes: 1024 }))).toMatch(
      /there is more than .* MiB or 1000 files in \/app\/public\/assets$/,
    );
    expect(await broken([source(tar)], tooSmall({ bytes: 4_096, entries: 2 }))).toMatch(/there is more than .* or 2 files/);
    // Of all folders together.
    expect(await broken([source(tar), source(tar, '/b/')], tooSmall({ bytes: 2_000 }))).toMatch(/there is more than/);
  });

  test('where the engine’s stream breaks off, wherever that is', async () => {
    const tar = await folder(root, file('a.js', 'x'.repeat(2_000)));
    for (const at of [0, 512, 1_024, 1_500]) {
      const cutOff = async function* () {
        yield tar.subarray(0, at);
        throw new Error('the connection is gone');
      };
      expect(await broken([source(() => Readable.from(cutOff()))])).toBe('the connection is gone');
    }
  });

  test('where the folder is not there', async () => {
    const open = () => Promise.reject(new Error('there is no folder'));
    expect(await broken([{ ...source(Buffer.alloc(0)), open }])).toBe('there is no folder');
  });

  test('when the operation is stopped', async () => {
    const stopping = new AbortController();
    const stuck = source(() => new Readable({ read: () => setImmediate(() => stopping.abort()) }));
    expect(await broken([stuck], undefined, stopping.signal)).toMatch(/abort/);
  });
});

test('a reader that goes away closes the source', async () => {
  const endless = async function* () {
    yield await folder(root).then((tar) => tar.subarray(0, 512));
    const big = await folder(file('big.js', 'x'.repeat(500_000)));
    for (;;) yield big.subarray(0, big.length - 1_024);
  };
  const opened = Readable.from(endless());
  for await (const _ of packAssets([source(() => opened)], never).body) break;
  await expect.poll(() => opened.closed).toBe(true);
});
