import { type Colour, colours } from '../config/names.js';
import { UsageError } from '../errors.js';
import type { Wanted } from './target.js';

/** What `exec` is asked to do. */
export interface ExecRequest extends Wanted {
  command: readonly [string, ...string[]];
}

/** What `psql` is asked to do. */
export interface PsqlRequest {
  /** Undefined: the app's. */
  database: string | undefined;
  /** As the superuser instead of the app's role. */
  admin: boolean;
  args: readonly string[];
}

/** The flags of `exec` as they were typed. */
export interface ExecFlags {
  colour?: string;
  replica?: string;
}

/**
 * Reads what was typed; pure.
 *
 * @param rest what stood behind "--": a shell when it is nothing
 * @throws UsageError with a line for each problem
 */
export function parseExec([service]: readonly string[], { colour, replica }: ExecFlags, rest: readonly string[] = []): ExecRequest {
  const problems: string[] = [];
  if (service === undefined) problems.push('a service is missing');
  if (colour !== undefined && !isColour(colour))
    problems.push(`--colour: should be ${colours.join(' or ')}, got ${JSON.stringify(colour)}`);
  if (replica !== undefined && !/^[1-9]\d{0,5}$/.test(replica))
    problems.push(`--replica: should be a number from 1, got ${JSON.stringify(replica)}`);
  if (rest[0] === '') problems.push('behind "--" should be a command, got ""');
  if (problems.length > 0) {
    const [first = ''] = problems;
    throw new UsageError(problems.length === 1 ? first : `there are ${problems.length} problems`, {
      details: problems.length === 1 ? [] : problems,
      hints: ['type: npx zx scripts/exec.mjs backend   or: npx zx scripts/exec.mjs backend -- node --version'],
    });
  }
  const [program = 'sh', ...args] = rest;
  return {
    service: service as string,
    colour: colour as Colour | undefined,
    replica: replica === undefined ? undefined : Number(replica),
    command: [program, ...args],
  };
}

function isColour(text: string): text is Colour {
  return (colours as readonly string[]).includes(text);
}

/**
 * Reads what was typed; pure.
 *
 * @throws UsageError for a name that no database here has: psql would take one with "=" for a whole connection string
 */
export function parsePsql([database]: readonly string[], { admin }: { admin?: boolean }, rest: readonly string[] = []): PsqlRequest {
  if (database !== undefined && !/^\w[\w$.-]{0,62}$/.test(database)) {
    throw new UsageError(`should be the name of a database, got ${JSON.stringify(database)}`, {
      hints: ['type: npx zx scripts/psql.mjs   or: npx zx scripts/psql.mjs -- -c "SELECT 1"'],
    });
  }
  return { database, admin: admin === true, args: rest };
}
