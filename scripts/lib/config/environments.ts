/** What SLIPWAY_ENV may be. */
export const environments = ['development', 'test', 'staging', 'production'] as const;
export type Environment = (typeof environments)[number];

/** @returns whether a text is one of {@link environments} */
export function isEnvironment(text: string | undefined): text is Environment {
  return (environments as readonly (string | undefined)[]).includes(text);
}

/**
 * Staging is as strict as production: what is tried there is what production gets, and it is reached from outside as well.
 *
 * @param environment what SLIPWAY_ENV says, whether it is one of {@link environments} or not
 * @returns whether secrets have to be strong: everywhere but where it is said that nothing is at stake
 */
export function isStrict(environment: string | undefined): boolean {
  return environment !== 'development' && environment !== 'test';
}
