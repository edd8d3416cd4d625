/** The first two numbers of a version. */
export type MajorMinor = readonly [number, number];

/** Engine 25: healthcheck `start_interval`, without which readiness shows only every `interval`. */
export const leastEngine: MajorMinor = [25, 0];
/** Compose 2.24: the YAML that `config` prints keeps what the deploy reads from it. */
export const leastCompose: MajorMinor = [2, 24];

/**
 * @param version a version as Docker's programs print it: `26.1.5+dfsg1`, `v2.26.1-4`
 * @returns its first two numbers, or undefined when it has none
 */
export function majorMinor(version: string): MajorMinor | undefined {
  const match = /^v?(\d+)\.(\d+)/.exec(version.trim());
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

/**
 * @param version a version as Docker's programs print it, or undefined when there is none
 * @returns true when it is `least` or newer; false for a text that is no version
 */
export function isAtLeast(version: string | undefined, least: MajorMinor): boolean {
  const found = version === undefined ? undefined : majorMinor(version);
  if (!found) return false;
  return found[0] > least[0] || (found[0] === least[0] && found[1] >= least[1]);
}
