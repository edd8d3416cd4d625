// An S3 server that forgets what it is sent: uploads, whole and in parts, go as fast as the client can send them.
//
//   node test/bench/discarding-s3.mjs [port]     prints {"endpoint":"http://127.0.0.1:…"} and serves until it is ended
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { fileURLToPath } from 'node:url';

/**
 * @param {object} [options]
 * @param {number} [options.port] 0: any that is free
 * @param {{ key: Buffer, cert: Buffer }} [options.tls] serve https
 * @returns {Promise<{ endpoint: string, stats: { bytes: number, parts: number, objects: Map<string, number> }, stop: () => Promise<void> }>}
 *   what came so far, and the size of each object
 */
export async function startDiscardingS3({ port = 0, tls } = {}) {
  const stats = { bytes: 0, parts: 0, objects: new Map() };
  const uploads = new Map();
  const listener = (request, response) => {
    let bytes = 0;
    request.on('data', (piece) => {
      bytes += piece.length;
    });
    request.on('end', () => {
      if (request.method === 'PUT') stats.bytes += bytes;
      const { status = 200, headers = {}, body = '' } = reply(request, bytes, { stats, uploads });
      response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body), ...headers });
      response.end(request.method === 'HEAD' ? '' : body);
    });
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { endpoint: `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`, stats, stop };
}

function reply({ method, url }, bytes, { stats, uploads }) {
  const { pathname, searchParams: query } = new URL(url, 'http://localhost');
  const id = query.get('uploadId');
  const etag = { etag: `"${randomBytes(16).toString('hex')}"` };
  if (query.has('uploads')) return method === 'POST' ? begin(uploads) : { body: '<ListMultipartUploadsResult/>' };
  if (query.has('delete')) return { body: '<DeleteResult/>' };
  if (id && !uploads.has(id)) return { status: 404, body: '<Error><Code>NoSuchUpload</Code></Error>' };
  if (id && method === 'PUT') {
    uploads.get(id).set(query.get('partNumber'), bytes);
    stats.parts++;
    return { headers: etag };
  }
  if (id && method === 'POST') {
    stats.objects.set(pathname, sum(uploads.get(id).values()));
    uploads.delete(id);
    return { body: `<CompleteMultipartUploadResult><ETag>${etag.etag}</ETag></CompleteMultipartUploadResult>` };
  }
  if (id && method === 'DELETE') {
    uploads.delete(id);
    return { status: 204 };
  }
  if (method === 'PUT') {
    stats.objects.set(pathname, bytes);
    return { headers: etag };
  }
  if (method === 'DELETE') {
    stats.objects.delete(pathname);
    return { status: 204 };
  }
  if (method === 'HEAD' && stats.objects.has(pathname)) return { headers: { 'content-length': stats.objects.get(pathname) } };
  if (pathname.split('/').filter(Boolean).length < 2) return { body: '<ListBucketResult/>' };
  return { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' };
}

function begin(uploads) {
  const id = randomBytes(16).toString('hex');
  uploads.set(id, new Map());
  return { body: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>` };
}

function sum(numbers) {
  return [...numbers].reduce((total, number) => total + number, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { endpoint } = await startDiscardingS3({ port: Number(process.argv[2] ?? 0) });
  console.log(JSON.stringify({ endpoint }));
}
