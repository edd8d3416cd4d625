import { HTTPException } from 'hono/http-exception';

/** The request's JSON object; anything else is the client's mistake, not an internal error. */
export async function jsonBody(c) {
  const body = await c.req.json().catch(() => undefined);
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new HTTPException(400, { message: 'the body must be a JSON object' });
  }
  return body;
}

/** @returns {string} the field, trimmed */
export function textField(body, name, maxLength) {
  const text = typeof body[name] === 'string' ? body[name].trim() : '';
  if (!text || text.length > maxLength) {
    throw new HTTPException(400, { message: `${name} must be a text of 1 to ${maxLength} characters` });
  }
  return text;
}
