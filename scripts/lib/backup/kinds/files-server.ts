import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../errors.js';
import { start } from '../pipe/child.js';
import { feed } from '../pipe/feed.js';
import { putInPlace, restoreFolder, stateOf, takeBack } from './files-swap.js';

/** The short name of a volume, as it is mounted. */
const volumeName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
/** The name of a set. */
const setName = /^\d{8}_\d{6}$/;

/**
 * Serves the app's volumes to the cron container, over a socket that only the two of them have. This is the one process
 * that may read (and, for a restore, write) files of any owner; it has no network, and does nothing but this:
 *
 *   GET    /                            the volumes, as JSON
 *   GET    /<volume>                    all of it as a tar archive
 *   GET    /<volume>/<set>              how far a restore of that set has come, as JSON
 *   PUT    /<volume>/<set>              a tar archive to unpack beside what is there, without touching it
 *   POST   /<volume>/<set>/swap         what was unpacked takes the place of what is there, which is kept
 *   POST   /<volume>/<set>/undo         the other way round
 *   DELETE /<volume>/<set>              what a restore of that set left beside
 *
 * @param socket where to listen
 * @param root the folder in which the volumes are mounted
 */
export function serveFiles(socket: string, root: string): Promise<() => Promise<void>> {
  rmSync(socket, { force: true });
  const server = createServer((request, response) => {
    answer(root, request, response).catch((error: unknown) => {
      // After the first byte, only a connection that breaks off tells the other side that the archive is not whole.
      if (response.headersSent) response.destroy();
      else say(response, 500, { error: messageOf(error), details: (error as { details?: string[] }).details ?? [] });
    });
  });
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, () => {
      chmodSync(socket, 0o666);
      resolve(() => new Promise((done) => server.close(() => done())));
    });
  });
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [volume = '', set = '', verb = '', ...rest] = decodeURI(request.url ?? '/')
    .slice(1)
    .split('/');
  if (volume === '' && request.method === 'GET') return say(response, 200, volumesIn(root));
  if (!volumeName.test(volume) || rest.length > 0 || (set !== '' && !setName.test(set)))
    return say(response, 400, { error: 'bad request' });
  if (!volumesIn(root).includes(volume)) return say(response, 404, { error: `there is no volume ${volume} to back up` });
  const folder = join(root, volume);
  const action = `${request.method} ${set === '' ? '' : '/set'}${verb === '' ? '' : `/${verb}`}`;
  switch (action) {
    case 'GET ':
      return sendArchive(folder, response);
    case 'GET /set':
      return say(response, 200, { state: stateOf(folder, set) });
    case 'PUT /set':
      await receiveArchive(folder, set, request);
      return say(response, 200, {});
    case 'POST /set/swap':
      return say(response, 200, { moved: putInPlace(folder, set) });
    case 'POST /set/undo':
      return say(response, 200, { moved: takeBack(folder, set) });
    case 'DELETE /set':
      rmSync(restoreFolder(folder, set), { recursive: true, force: true });
      return say(response, 200, {});
    default:
      return say(response, 405, { error: 'bad request' });
  }
}

function volumesIn(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** 1 is tar's "a file changed as it was read": an upload in progress must not stop a backup, and the archive is whole. */
const CHANGED = 1;

async function sendArchive(folder: string, response: ServerResponse): Promise<void> {
  const args = ['--create', '--format=posix', '--numeric-owner', '--acls', '--xattrs', '--sparse', '--exclude=./.slipway-restore-*'];
  const tar = start('tar', [...args, '--directory', folder, '.'], { accept: [CHANGED] });
  response.writeHead(200, { 'content-type': 'application/x-tar', trailer: 'x-warnings' });
  try {
    await pipeline(tar.stdout, response, { end: false });
    await tar.ended;
  } catch (error) {
    tar.kill();
    throw error;
  }
  response.addTrailers({ 'x-warnings': encodeURIComponent(tar.said().slice(-1_000)) });
  response.end();
}

/** Only an archive that came whole is called `new`, which is what a swap looks for. */
async function receiveArchive(folder: string, set: string, request: IncomingMessage): Promise<void> {
  const target = restoreFolder(folder, set);
  const [part, whole] = [join(target, 'part'), join(target, 'new')];
  for (const old of [part, whole]) rmSync(old, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  const tar = start('tar', [
    '--extract',
    '--preserve-permissions',
    '--same-owner',
    '--numeric-owner',
    '--acls',
    '--xattrs',
    '--directory',
    part,
  ]);
  try {
    await feed(request, tar);
    await tar.ended;
  } catch (error) {
    tar.kill();
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
  renameSync(part, whole);
}

function say(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
