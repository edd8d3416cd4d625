/** Why a pull failed: nothing answered, the registry said no, or something else. */
export type PullFailure = 'no registry' | 'refused' | 'other';

const NO_REGISTRY = [
  /no such host|server misbehaving|name resolution/i,
  /connection refused|connection reset|no route to host|network is unreachable|: EOF/i,
  /i\/o timeout|TLS handshake timeout|Client\.Timeout|deadline exceeded|request canceled/i,
  /x509:|tls: |server gave HTTP response to HTTPS client/i,
  /(proxyconnect|Bad Gateway|Service Unavailable|Gateway Time-?out)/i,
];
const REFUSED = [
  /manifest (for \S+ )?(unknown|not found)|not found: manifest|name unknown/i,
  /pull access denied|requested access .* denied|unauthorized|authentication required|no basic auth credentials/i,
  /invalid reference format|repository name .* must be|toomanyrequests/i,
];

/**
 * @param output what `docker pull` printed
 * @returns the kind of failure; the engine's API gives no codes for it, so its words have to do
 */
export function classifyPullFailure(output: string): PullFailure {
  if (REFUSED.some((pattern) => pattern.test(output))) return 'refused';
  return NO_REGISTRY.some((pattern) => pattern.test(output)) ? 'no registry' : 'other';
}
