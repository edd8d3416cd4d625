// Tokens signed with SECRET_KEY: one made by the old release must be good in the new one.
import { Hono } from 'hono';
import { jwt, sign } from 'hono/jwt';
import { jsonBody, textField } from '../body.js';
import { build, secret } from '../settings.js';

const LIFETIME_SECONDS = 24 * 60 * 60;

export function login() {
  const key = secret('SECRET_KEY');
  if (!key) throw new Error('SECRET_KEY is not set: give SECRET_KEY_FILE or SECRET_KEY');

  const routes = new Hono();

  routes.post('/auth/login', async (c) => {
    const user = textField(await jsonBody(c), 'user', 100);
    const now = Math.floor(Date.now() / 1_000);
    const token = await sign({ sub: user, iat: now, exp: now + LIFETIME_SECONDS }, key, 'HS256');
    return c.json({ token });
  });

  routes.get('/users/me', jwt({ secret: key, alg: 'HS256' }), (c) => c.json({ user: c.get('jwtPayload').sub, version: build.version }));

  return routes;
}
