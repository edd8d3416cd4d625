/**
 * The deck's program. It runs in a container of the stack's Node image, with nothing but Node's own modules, and ends as
 * soon as its standard input does (the deployer is gone) or stays silent for too long (the connection is half open).
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { createInterface } from 'node:readline';
import type { DeckReply, DeckRequest, Hello, ProbeRequest, ProbeResponse } from './protocol.js';

const FOLDER = '/journal';
const JOURNAL = `${FOLDER}/journal.jsonl`;
const TOKEN = `${FOLDER}/token`;
const SILENCE_MS = 30_000;
const TAIL = 400;
const KEPT = /"kind":"(once|release|migrated)"/;
const BODY_LIMIT = 64 * 1024;

function writeDurably(path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w');
  try {
    // Not writeSync: on a disk that is nearly full that one writes a part and says so by nothing but a number.
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(`${path}.new`, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  syncFolder();
}

/** A line that does not fit is taken back: the next one must not be written into the rest of it. */
function appendDurably(line: string): void {
  const { size } = fstatSync(file);
  try {
    writeFileSync(file, line);
    fsyncSync(file);
  } catch (error) {
    ftruncateSync(file, size);
    throw error;
  }
}

function syncFolder(): void {
  const folder = openSync(FOLDER, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** Only one deck exists at a time (its container's name is the lock), so counting up needs no lock of its own. */
function nextToken(): number {
  const known = existsSync(TOKEN) ? Number.parseInt(readFileSync(TOKEN, 'utf8'), 10) || 0 : 0;
  const token = Math.max(known, Number(process.env.LEAST_TOKEN ?? 0)) + 1;
  writeDurably(TOKEN, `${token}\n`);
  return token;
}

/** A crash can leave half a line at the end: it is closed with a line break and passed over when reading. */
function openJournal(): { file: number; tail: unknown[] } {
  const text = existsSync(JOURNAL) ? readFileSync(JOURNAL, 'utf8') : '';
  const file = openSync(JOURNAL, 'a');
  if (text && !text.endsWith('\n')) writeFileSync(file, '\n');
  syncFolder();
  const lines = text.split('\n');
  // What counts however long ago it was: what is done once in the stack's life, releases, what was migrated.
  const kept = lines.slice(0, -TAIL).filter((line) => KEPT.test(line));
  return { file, tail: [...kept, ...lines.slice(-TAIL)].flatMap(parseLine) };
}

function parseLine(line: string): unknown[] {
  try {
    return line ? [JSON.parse(line)] : [];
  } catch {
    return []; // half a line, see above
  }
}

function probe({ host, port, path, headers, tls, timeoutMs }: ProbeRequest): Promise<ProbeResponse> {
  return new Promise((resolve) => {
    const failed = (error: string) => resolve({ status: 0, headers: {}, body: '', error });
    const options = { host, port, path, headers: { ...headers, connection: 'close' }, agent: false, timeout: timeoutMs };
    const servername = headers?.host?.replace(/:\d+$/, '');
    const request = tls ? https({ ...options, rejectUnauthorized: false, ...(servername ? { servername } : {}) }) : http(options);
    const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        if (body.length < BODY_LIMIT) body += chunk;
      });
      response.on('error', (error) => failed(error.message));
      response.on('end', () => {
        const flat = Object.entries(response.headers).map(([key, value]) => [key, String(value)]);
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(flat), body: body.slice(0, BODY_LIMIT) });
      });
    });
    request.on('error', (error) => failed(error.message || String((error as NodeJS.ErrnoException).code)));
    request.on('close', () => clearTimeout(deadline));
    request.end();
  });
}

function say(reply: DeckReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

/** Nothing can be done without a journal: the deployer is told why there is none. */
function begin(): { file: number; hello: Hello } {
  try {
    const { file: opened, tail } = openJournal();
    return { file: opened, hello: { token: nextToken(), journal: tail } };
  } catch (error) {
    say({ id: 0, ok: false, error: wordsOf(error) });
    process.exit(1);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const { file, hello } = begin();
let silence = setTimeout(() => process.exit(0), SILENCE_MS);

async function answer(message: DeckRequest): Promise<ProbeResponse | null> {
  switch (message.do) {
    case 'append':
      appendDurably(`${JSON.stringify(message.record)}\n`);
      return null;
    case 'keep':
      writeDurably(`${FOLDER}/${message.name}`, message.text);
      return null;
    case 'forget':
      for (const name of message.names) rmSync(`${FOLDER}/${name}`, { force: true });
      syncFolder();
      return null;
    case 'probe':
      return probe(message.request);
    case 'ping':
      return null;
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    clearTimeout(silence);
    silence = setTimeout(() => process.exit(0), SILENCE_MS);
    const message = JSON.parse(line) as DeckRequest;
    answer(message).then(
      (result) => say({ id: message.id, ok: true, result }),
      (error: unknown) => say({ id: message.id, ok: false, error: wordsOf(error) }),
    );
  })
  .on('close', () => process.exit(0));

say({ id: 0, ok: true, result: hello });
