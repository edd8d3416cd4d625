import { readIdentities } from '../../config/secrets/age/identities.js';
import { environmentOr, type SecretPaths, secretPaths } from '../../config/secrets/paths.js';
import { loadUnchecked } from '../../config/unchecked.js';
import type { Arguments } from '../command.js';
import { textOf } from './action.js';

/** Where an environment's secrets are, and what this person can decrypt them with. */
export interface Places {
  paths: SecretPaths;
  identities: string[];
  environment: Readonly<NodeJS.ProcessEnv>;
}

/** @param named the environment that was typed; without it the only one that there is */
export async function placesOf(given: Arguments, named: string | undefined): Promise<Places> {
  const { file, text, environment } = loadUnchecked(textOf(given, 'dotenv'));
  const paths = secretPaths(file, environmentOr(file, named));
  return { paths, identities: await readIdentities({ ...text, XDG_CONFIG_HOME: environment.XDG_CONFIG_HOME }), environment };
}
