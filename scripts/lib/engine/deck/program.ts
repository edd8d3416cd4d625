/**
 * The deck's program. It runs in a container of the stack's Node image, with nothing but Node's own modules, and ends as
 * soon as its standard input does (the deployer is gone) or stays silent for too long (the connection is half open).
 */
import { existsSync, fstatSync, fsyncSync, ftruncateSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { createInterface } from 'node:readline';
import { syncFolder, writeDurably } from './durable.js';
import { type DeckReply, type DeckRequest, type Hello, JOURNAL_FOLDER, type ProbeRequest, type ProbeResponse } from './protocol.js';
import { openJournal, SEGMENT_BYTES } from './segments.js';

/** Tests give another folder, and a shorter length of its files (bytes). */
const [, , FOLDER = JOURNAL_FOLDER, LIMIT = SEGMENT_BYTES, LEAST_TOKEN = 0] = process.argv;
const TOKEN = `${FOLDER}/token`;
const SILENCE_MS = 30_000;
const BODY_LIMIT = 64 * 1024;

/** Only one deck exists at a time (its container's name is the lock), so counting up needs no lock of its own. */
function nextToken(): number {
  const known = existsSync(TOKEN) ? Number.parseInt(readFileSync(TOKEN, 'utf8'), 10) || 0 : 0;
  const token = Math.max(known, Number(LEAST_TOKEN)) + 1;
  writeDurably(TOKEN, `${token}\n`);
  return token;
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
    const token = nextToken();
    const { file: opened, tail, segments } = openJournal(FOLDER, token, Number(LIMIT));
    return { file: opened, hello: { token, journal: tail, segments } };
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
      syncFolder(FOLDER);
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
