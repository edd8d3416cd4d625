import { SlipwayError, UsageError } from '../../../errors.js';

/** Which certificate is missing, or wrong, has to be set right by a person. */
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO$|HOSTNAME_MISMATCH)/;
const UNKNOWN_CA = /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;
/** The request has not left this machine, or nobody took it: it can be repeated, whatever it was. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/** Nothing but the clock aborts a request here. */
const TIMED_OUT = ['TimeoutError', 'AbortError', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

/** @returns the system's own name of what went wrong, from an error of fetch or of the AWS client */
export function codeOf(error: unknown): string {
  const { code, name, cause } = (error ?? {}) as { code?: unknown; name?: string; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined || name === 'TimeoutError' ? (name ?? 'Error') : codeOf(cause);
}

/** @returns whether nobody can have got the request */
export function wasNeverSent(error: unknown): boolean {
  return NEVER_SENT.includes(codeOf(error));
}

/**
 * @param name the provider's name
 * @param error what was thrown instead of an answer
 * @param key the key that says where the provider is
 * @param timeoutMs how long was waited
 * @returns the error to tell: what, where, what to do
 */
export function unreachable(name: string, error: unknown, key: string, timeoutMs: number): SlipwayError {
  const code = codeOf(error);
  if (TIMED_OUT.includes(code)) {
    const hints = [`${key}: is it right, and does this machine reach it? Look at firewalls and routes`];
    return new SlipwayError(`${name}: did not answer within ${timeoutMs / 1_000} s`, { hints });
  }
  if (TLS.test(code)) return badCertificate(name, code, key);
  if (code === 'ECONNREFUSED')
    return new SlipwayError(`${name}: nobody listens there`, { hints: [`${key}: is it right, and does it run?`] });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new SlipwayError(`${name}: its host name is not known`, { hints: [`${key}: correct it, or look at this machine's DNS`] });
  }
  return new SlipwayError(`${name}: the connection failed (${code})`, { hints: [`${key}: is it right? Else try again later`] });
}

function badCertificate(name: string, code: string, key: string): UsageError {
  const hint = UNKNOWN_CA.test(code)
    ? 'is it signed by an authority of your own? NODE_EXTRA_CA_CERTS=FILE in the environment makes that one known'
    : `${key}: its certificate has to be valid, now and for this host name; and https is not http`;
  return new UsageError(`${name}: no secure connection can be made (${code})`, { hints: [hint] });
}
