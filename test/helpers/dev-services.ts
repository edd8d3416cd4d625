import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { DevStack } from './dev-stack.js';
import { fetchFrom } from './http.js';

/** Stores an object in the S3 service and gets it back, from this machine. */
export async function storeAndGet(dev: DevStack, text: string): Promise<string | undefined> {
  const s3 = new S3Client({
    endpoint: `http://127.0.0.1:${dev.port('DEV_S3_PORT')}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'dev-key', secretAccessKey: 'dev-secret-key' },
    // One of the images tells nobody when it is ready.
    maxAttempts: 8,
  });
  try {
    await s3.send(new PutObjectCommand({ Bucket: 'app', Key: 'a/b.txt', Body: text }));
    return await (await s3.send(new GetObjectCommand({ Bucket: 'app', Key: 'a/b.txt' }))).Body?.transformToString();
  } finally {
    s3.destroy();
  }
}

/** Sends a mail as the app would, out of the backend's container. */
export async function sendMail(dev: DevStack, subject: string): Promise<void> {
  const message = `Subject: ${subject}\r\n\r\nHello\r\n.`;
  const lines = ['EHLO app', 'MAIL FROM:<app@localhost>', 'RCPT TO:<ada@example.com>', 'DATA', message, 'QUIT'];
  const program = `
    const lines = ${JSON.stringify(lines)};
    const socket = require('net').connect(Number(process.env.SMTP_PORT), process.env.SMTP_HOST);
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
      if (!/^\\d{3} .*\\r\\n$/m.test(answer)) return;
      answer = '';
      if (lines.length > 0) socket.write(lines.shift() + '\\r\\n');
    });`;
  await dev.inside('shell', 'node', '-e', program);
}

/** @returns the list of caught mails as the page gets it, MailCatcher's or Mailpit's */
export async function caughtMails(dev: DevStack): Promise<string> {
  const paths = ['/messages', '/api/v1/messages'];
  const lists = await Promise.all(paths.map((path) => fetchFrom({ port: dev.port('DEV_MAIL_PORT'), path })));
  return lists
    .filter(({ status }) => status === 200)
    .map(({ body }) => body)
    .join('\n');
}
