import { nearest } from '../config/nearest.js';
import { UsageError } from '../errors.js';

/**
 * @param services what was asked for; none means all
 * @returns those of the containers that belong to these services
 * @throws UsageError for a service that has no container, naming those that have
 */
export function chosen<T extends { service: string }>(containers: readonly T[], services: readonly string[]): T[] {
  const there = [...new Set(containers.map(({ service }) => service))].sort();
  const unknown = services.filter((service) => !there.includes(service));
  if (unknown.length > 0) throw noService(unknown, there);
  return containers.filter(({ service }) => services.length === 0 || services.includes(service));
}

/** @returns the error that says which services there are, and which one may be meant */
export function noService(unknown: readonly string[], there: readonly string[]): UsageError {
  const [first = ''] = unknown;
  const near = nearest(first, there);
  return new UsageError(`there is no service ${JSON.stringify(first)}${near === undefined ? '' : `; did you mean ${near}?`}`, {
    hints: [there.length === 0 ? 'nothing is deployed yet' : `there are: ${there.join(', ')}`],
  });
}
