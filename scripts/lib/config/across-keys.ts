import { parseDuration } from './durations.js';
import { fromRoot, isFile } from './files.js';
import type { Problem } from './layers.js';
import type { Key } from './schema.js';

/**
 * What no key shows by itself. It looks at the text of the keys, so that it is told together with what is wrong in one.
 *
 * @param input raw text by key
 */
export function acrossKeys(input: Readonly<Partial<Record<Key, string>>>): Problem[] {
  const problems: Problem[] = [];
  const say = (key: Key, text: string) => void problems.push({ key, text });
  const { HTTP_PORT, HTTPS_PORT, TLS, APP_COMPOSE = '' } = input;
  if (input.BACKUP_STORES?.includes('s3') && !input.S3_BUCKET) say('S3_BUCKET', 'should name a bucket, since BACKUP_STORES has s3');
  if (Boolean(input.AWS_ACCESS_KEY_ID) !== Boolean(input.AWS_SECRET_ACCESS_KEY))
    say('AWS_SECRET_ACCESS_KEY', 'should be set when AWS_ACCESS_KEY_ID is, and the other way round');
  if (HTTP_PORT === HTTPS_PORT) say('HTTPS_PORT', `should differ from HTTP_PORT, got ${HTTPS_PORT} for both`);
  const [keepAlive, drain] = [parseDuration(input.KEEPALIVE_TIMEOUT ?? ''), parseDuration(input.DRAIN_TIMEOUT ?? '')];
  if (keepAlive && drain && keepAlive >= drain)
    say('DRAIN_TIMEOUT', 'should be longer than KEEPALIVE_TIMEOUT, or idle connections are cut off under a request');
  if (TLS === 'files') {
    for (const key of ['TLS_CERT_FILE', 'TLS_KEY_FILE'] as const) {
      if (!input[key]) say(key, 'should name a PEM file, since TLS is files');
      else if (!isFile(fromRoot(input[key]))) say(key, `there is no file ${input[key]}`);
    }
  }
  for (const path of APP_COMPOSE.split(/[\s,]+/).filter(Boolean)) {
    if (!isFile(fromRoot(path))) say('APP_COMPOSE', `there is no file ${path}`);
  }
  return problems;
}
