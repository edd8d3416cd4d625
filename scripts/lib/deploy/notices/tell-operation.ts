import { operator } from '../../engine/deck/holder.js';
import type { Operation } from '../operation.js';
import type { Reporter } from '../reporter.js';
import type { Ending, Subject } from './notice.js';
import { told } from './tell.js';

/** Does the work of a deploy or a rollback, and tells how it ended. Of one that was cut off, whoever recovers it tells. */
export async function toldOperation<T>(operation: Operation, reporter: Reporter, work: () => Promise<T>): Promise<T> {
  const { command, config, docker } = operation;
  if (command === 'resume') return work();
  const ending: Ending = { event: command === 'rollback' ? 'rolled-back' : 'deployed' };
  return told({ command, ...subjectOf(operation) }, { config, docker, reporter }, work, () => ending);
}

function subjectOf({ identity, before, source, deck }: Operation): Omit<Subject, 'command'> {
  const { stack, version, release, colour } = identity;
  const { live } = before;
  return {
    stack,
    version,
    release,
    colour,
    revision: source.revision,
    operation: deck.token,
    by: operator(),
    before: live && { version: live.version, colour: live.colour },
    cutOffAt: undefined,
  };
}
