import { UsageError } from '../errors.js';

/** Image tags: OCI distribution spec, section "Pulling manifests": `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`. */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/**
 * Checks a version that a person typed. It becomes an image tag, a git tag and a header, so it has to be fit for all.
 *
 * @param version as typed; it stays a string (`1.20` stays `1.20`)
 * @returns the version
 * @throws UsageError saying what is wrong and what to type
 */
export function parseVersion(version: string | undefined): string {
  const example = { hints: ['type, for example: npx zx scripts/deploy.mjs v1.2'] };
  if (version === undefined || version === '') throw new UsageError('version: none was given', example);
  if (version.length > 128) {
    throw new UsageError(`version: should be at most 128 characters long, got ${version.length}`, example);
  }
  if (!TAG.test(version)) {
    throw new UsageError(
      `version: should be letters, digits, ".", "_" or "-" and begin with a letter, digit or "_", got ${JSON.stringify(version)}`,
      example,
    );
  }
  return version;
}
