/** The two colours. */
export const colours = ['blue', 'green'] as const;
export type Colour = (typeof colours)[number];

/** @returns the colour that is not `colour` */
export function otherColour(colour: Colour): Colour {
  return colour === 'blue' ? 'green' : 'blue';
}

/** Every name that a stack owns on the engine. Nothing else makes up such names. */
export interface Names {
  /** The base's Compose project. */
  base: string;
  /** The development stack's Compose project. */
  dev: string;
  /** The deck's container: creating it takes the lock. */
  deck: string;
  networks: { app: string; data: string };
  volumes: {
    journal: string;
    secretsApp: string;
    secretsPostgres: string;
    secretsRedis: string;
    secretsCron: string;
    /** What cron writes about jobs: which of them are due. Runners read it. */
    jobsCron: string;
    /** What the runners write about jobs: how they ended. Cron reads it. */
    jobsApp: string;
  };
  /** @returns a colour's Compose project */
  project: (colour: Colour) => string;
}

/**
 * @param stack the stack's name, as STACK gives it
 * @returns the names of its projects, networks, volumes and helper containers
 */
export function namesOf(stack: string): Names {
  return {
    base: stack,
    dev: `${stack}-dev`,
    deck: `${stack}-deck`,
    networks: { app: `${stack}-app`, data: `${stack}-data` },
    volumes: {
      journal: `${stack}-journal`,
      secretsApp: `${stack}-secrets-app`,
      secretsPostgres: `${stack}-secrets-postgres`,
      secretsRedis: `${stack}-secrets-redis`,
      secretsCron: `${stack}-secrets-cron`,
      jobsCron: `${stack}-jobs-cron`,
      jobsApp: `${stack}-jobs-app`,
    },
    project: (colour) => `${stack}-${colour}`,
  };
}
