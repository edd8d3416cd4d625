import { Cron } from '../../cron/cron.js';
import type { JournalRecord } from '../../deploy/journal.js';
import type { OperateOptions } from '../../deploy/operate.js';
import { edgeOf, type RestoredData } from '../../deploy/operation.js';
import { type CutOff, inOrder } from '../../deploy/recovery/cut-off.js';
import type { Recovered } from '../../deploy/recovery/recover.js';
import type { Context } from '../../deploy/release.js';
import { observe } from '../../deploy/state.js';
import type { Deck } from '../../engine/deck/deck.js';
import { type ExitCode, exitCodes, messageOf, SlipwayError } from '../../errors.js';
import { maintenanceOff } from '../plan.js';
import { finish } from './finish.js';
import { tidied } from './sessions.js';
import { takeBack } from './take-back.js';

export type Left = CutOff & RestoredData;
/** `abort`: also one that had cut is undone, unless the public had been let in. */
export type SettleOptions = Pick<OperateOptions, 'reporter' | 'onInterrupt'> & { how: 'resume' | 'abort' };

/**
 * Puts in order a rollback with data whose deployer was killed, or that could not be taken back: it is finished when it had cut,
 * else it is undone. Every part looks at what is there, so a killed one of these is put in order by the next.
 *
 * @throws SlipwayError when finishing fails (1: the former release serves again, on its data), or a person has to look (4)
 */
export async function settle(early: Context, deck: Deck, left: Left, options: SettleOptions): Promise<Recovered> {
  const { reporter, how } = options;
  const context = await fenced(early, deck);
  await tidied(await Cron.find(context.docker, context.config.names), (text) => reporter.note(`  ${text}; waiting for it`));
  const hadCut = context.before.live?.token === left.token;
  const what = hadCut && (how === 'resume' || wasLetIn(deck, left)) ? 'finished' : 'undone';
  const { command, version, step, set } = left;
  reporter.note(`${command} ${version} with the data of the set ${set} was cut off at "${step ?? 'its beginning'}"; it is ${what} first`);
  if (what === 'finished') await finishOrTakeBack(context, deck, left, options);
  else await takeBack(context, deck, left);
  await end(deck, left, what);
  return { what, version, command, step };
}

/** The step of the operation itself, or of one that was to finish it: nobody else does anything in between. */
function wasLetIn(deck: Deck, left: Left): boolean {
  return (deck.journal as JournalRecord[]).some(
    ({ kind, token, step }) => kind === 'step-began' && token >= left.token && step === maintenanceOff.id,
  );
}

/** There may be new rows once the public was let in: then nothing is taken back. */
async function finishOrTakeBack(context: Context, deck: Deck, left: Left, options: SettleOptions): Promise<void> {
  let letIn = wasLetIn(deck, left);
  const onLetIn = () => {
    letIn = true;
  };
  try {
    await finish(context, deck, left, { ...options, onLetIn });
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    if (letIn) throw told(error, exitCodes.attention, 'the public may have been let in, so the data stay as they are');
    try {
      await takeBack(context, deck, left);
      await end(deck, left, 'undone');
    } catch (failure) {
      const details = failure instanceof SlipwayError ? failure.details : [];
      throw told(error, exitCodes.attention, `and it could not be undone: ${messageOf(failure)}`, details);
    }
    const exitCode = error.exitCode === exitCodes.interrupted ? exitCodes.interrupted : exitCodes.failed;
    throw told(error, exitCode, 'everything was undone: the release before serves again, on its own data');
  }
}

function told(error: SlipwayError, exitCode: ExitCode, words: string, details: readonly string[] = []): SlipwayError {
  const { message, hints } = error;
  return new SlipwayError(message, { details: [...error.details, ...details], hints: [...hints, words], exitCode, cause: error });
}

/** A cut that is under way is waited for, and one that comes later is refused; see deploy/recovery/recover.ts. */
async function fenced(context: Context, deck: Deck): Promise<Context> {
  await (await edgeOf(context)).unstage(deck.token);
  return { ...context, before: await observe(context.docker, context.config.names) };
}

async function end(deck: Deck, { token, step }: Left, what: Recovered['what']): Promise<void> {
  await deck.append(inOrder(token));
  const hasEnded = (deck.journal as JournalRecord[]).some((record) => record.kind === 'ended' && record.token === token);
  if (hasEnded) return;
  const reason = `cut off at "${step ?? 'its beginning'}", ${what} by the next command`;
  await deck.append({ at: new Date().toISOString(), kind: 'ended', token, outcome: what === 'finished' ? 'done' : 'failed', reason });
}
