// For the container's healthcheck: exit 0 when the server says it is healthy, else 1 and why.
// Imports next to nothing, because it is started every few seconds.
import { get } from 'node:http';

const LIMIT_MS = 4_000;

function fail(why) {
  console.log(why);
  process.exit(1);
}

setTimeout(() => fail(`no answer within ${LIMIT_MS} ms`), LIMIT_MS);

get({ host: '127.0.0.1', port: process.env.PORT || 8000, path: '/health', agent: false }, async (response) => {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  if (response.statusCode === 200 && JSON.parse(body).status === 'healthy') process.exit(0);
  fail(`status ${response.statusCode}: ${body}`);
}).on('error', (error) => fail(error.message || error.code));
