import type { Config } from '../../config/load.js';
import type { Deck } from '../../engine/deck/deck.js';
import { operator } from '../../engine/deck/holder.js';
import type { JournalRecord } from '../journal.js';
import type { Subject } from '../notices/notice.js';
import { told } from '../notices/tell.js';
import type { Context } from '../release.js';
import { InterruptedError } from '../watch.js';
import { assertInOrder } from './assert-in-order.js';
import { type CutOff, cutOffIn } from './cut-off.js';
import { type Recovered, type RecoverOptions, recover } from './recover.js';

/**
 * Puts in order what a killed deployer left, as {@link recover} does, and tells DEPLOY_WEBHOOK_URL what came of it. Undoing
 * goes on after Ctrl-C; finishing is gone back from.
 *
 * @returns undefined when nothing was cut off
 * @throws what {@link assertInOrder} and {@link recover} throw
 */
export async function recoverAndTell(context: Context, deck: Deck, options: RecoverOptions): Promise<Recovered | undefined> {
  const stopListening = options.onInterrupt(() => {});
  try {
    return await withNotice(context, deck, options);
  } finally {
    stopListening();
  }
}

/**
 * Does the same before something else is done.
 *
 * @throws what {@link recoverAndTell} does, and InterruptedError (exit code 130) when Ctrl-C was pressed meanwhile: what was cut off is in order, nothing else was begun
 */
export async function recoverFirst(context: Context, deck: Deck, options: RecoverOptions): Promise<Recovered | undefined> {
  let interrupted = false;
  const stopListening = options.onInterrupt(() => {
    interrupted = true;
  });
  try {
    const recovered = await withNotice(context, deck, options);
    if (!interrupted) return recovered;
    const order = recovered && `${recovered.command} ${recovered.version}, which was cut off, is ${recovered.what}`;
    throw new InterruptedError(`interrupted; ${order ? `${order}, and nothing else was begun` : 'nothing was changed'}`);
  } finally {
    stopListening();
  }
}

async function withNotice(context: Context, deck: Deck, options: RecoverOptions): Promise<Recovered | undefined> {
  assertInOrder(deck.journal);
  const cutOff = cutOffIn(deck.journal as JournalRecord[]);
  if (!cutOff) return undefined;
  const { config, docker } = context;
  return told(
    subjectOf(cutOff, config),
    { config, docker, reporter: options.reporter },
    () => recover(context, deck, options),
    (recovered) => ({ event: 'recovered', what: recovered?.what ?? 'undone' }),
  );
}

/** The operation that was cut off; who types the next command is who puts it in order. */
function subjectOf({ command, version, release, colour, token, step }: CutOff, { settings }: Config): Subject {
  return {
    command: command === 'rollback' ? 'rollback' : 'deploy',
    stack: settings.STACK,
    version,
    release,
    colour,
    revision: undefined,
    operation: token,
    by: operator(),
    before: undefined,
    cutOffAt: step ?? 'its beginning',
  };
}
