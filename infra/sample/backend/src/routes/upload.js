import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Hono } from 'hono';
import { build, settings } from '../settings.js';

export const upload = new Hono();

upload.post('/', async (c) => {
  const hash = createHash('sha256');
  let bytes = 0;
  const body = c.req.raw.body ? Readable.fromWeb(c.req.raw.body) : Readable.from([]);

  // Under its final name only once it is whole and on disk: nobody ever reads half a file.
  const name = randomUUID();
  const partial = join(settings.uploadsDir, `.${name}.partial`);
  try {
    await pipeline(
      body,
      async function* measure(chunks) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(partial, { flush: true }),
    );
    await rename(partial, join(settings.uploadsDir, name));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return c.json({ bytes, sha256: hash.digest('hex'), version: build.version }, 201);
});
