import { Secret } from '../../config/secret.js';
import { exitCodes, SlipwayError } from '../../errors.js';
import type { Context } from '../run/context.js';
import { withBackupLock } from '../run/lock.js';
import type { Asked, Begin, Begun, RestoreFacts, SessionEnd } from '../sidecar/restore-results.js';
import { inScratch } from '../throwaway/folder.js';
import { gatherFacts } from './facts.js';
import { keptRestores } from './kept.js';
import type { Operation } from './operation.js';
import { perform } from './perform.js';
import { readRecord, saveRecord } from './record.js';
import { settle, settleAll } from './settle.js';
import { RestoreError, type Source } from './work.js';

/** The other end: the deployer's side, which asks. */
export interface Caller {
  /** @returns the next question; undefined when the caller is gone, or wants no more */
  next: (signal: AbortSignal) => Promise<Asked | undefined>;
  /** Answers a question with what the action returns, or with why it failed. */
  answer: (asked: Asked, action: () => Promise<unknown>) => Promise<void>;
  /** Aborted when the caller wants the step that runs stopped; another one for each step. */
  stopped: () => AbortSignal;
}

/** What was looked at before anything is begun. */
interface Seen {
  facts: RestoreFacts | undefined;
  source: Source | undefined;
}

/**
 * A restore, step by step as the deployer's side asks for it. When that side goes away, or a step fails, what is not
 * complete is taken back: the session's end is the one place that does so.
 *
 * @returns how things were left
 */
export async function restoreSession(given: Context, caller: Caller): Promise<SessionEnd> {
  let context = given;
  let seen: Seen = { facts: undefined, source: undefined };
  for (;;) {
    const asked = await caller.next(context.signal);
    if (asked === undefined) return { undone: [], problems: [], complete: false };
    if (asked.do === 'look' || asked.do === 'look-back') {
      context = withIdentity(given, asked.identity);
      await caller.answer(asked, async () => {
        if (asked.do === 'look-back') return keptRestores(context);
        seen = await gatherFacts(context, asked.request);
        return seen.facts;
      });
    } else if (asked.do === 'begin') {
      return await begun(context, caller, seen, asked, asked.begin);
    }
  }
}

function withIdentity(context: Context, identity: string): Context {
  if (identity === '') return context;
  return { ...context, secrets: { ...context.secrets, BACKUP_AGE_IDENTITY: new Secret(identity) } };
}

/** Holds the backup lock to the end: nothing is backed up, pruned or drilled while a restore is under way. */
async function begun(context: Context, caller: Caller, seen: Seen, asked: Asked, begin: Begin): Promise<SessionEnd> {
  let end: SessionEnd = { undone: [], problems: [], complete: false };
  let failed = true;
  const work = () =>
    withBackupLock(context.postgres.server, (lost) => {
      const held = { ...context, signal: AbortSignal.any([context.signal, lost]) };
      return inOrder(held, async (mended, completed) =>
        inScratch(held.paths.scratch, async (folder) => {
          const operation: Operation = {
            context: held,
            folder,
            ...seen,
            record: undefined,
            complete: false,
            properties: new Map(),
            redis: undefined,
          };
          try {
            await caller.answer(asked, async (): Promise<Begun> => {
              open(operation, begin);
              return { folder, mended, completed };
            });
            failed = false;
            await steps(operation, held, caller);
          } finally {
            await operation.redis?.release();
            end = await ended(context, operation);
          }
        }),
      );
    });
  try {
    await work();
  } catch (error) {
    // Before the first answer, the error is the answer; later, each step has told its own.
    if (failed) await caller.answer(asked, () => Promise.reject(error));
    else if (!(error instanceof SlipwayError)) throw error;
  }
  return end;
}

/** Does something once what earlier restores left is in order. */
async function inOrder<T>(context: Context, action: (mended: string[], completed: string[]) => Promise<T>): Promise<T> {
  const { mended, completed, problems } = await settleAll(context);
  if (problems.length === 0) return action(mended, completed);
  throw new RestoreError('a restore that was cut off cannot be taken back', {
    details: problems,
    hints: ['backups/RUNBOOK.md says how to do it by hand'],
    exitCode: exitCodes.attention,
  });
}

/** Writes down what is meant to be done, before anything is. */
function open(operation: Operation, begin: Begin): void {
  const { scratch } = operation.context.paths;
  if (begin.action === 'tidy') return;
  if (begin.action === 'restore') {
    operation.record = {
      format: 1,
      ...begin.intent,
      state: 'restoring',
      safetySet: undefined,
      pinned: [],
      undoRedis: false,
      replid: undefined,
    };
  } else {
    const record = readRecord(scratch, begin.stamp);
    if (record?.state !== 'done') throw new RestoreError(`the restore ${begin.stamp} is not one that can be undone`);
    operation.record = { ...record, state: 'undoing', undoRedis: begin.redis, replid: undefined };
  }
  saveRecord(scratch, operation.record);
}

async function steps(operation: Operation, held: Context, caller: Caller): Promise<void> {
  for (;;) {
    const asked = await caller.next(held.signal);
    if (asked?.do !== 'step') return;
    const { step } = asked;
    operation.context = { ...held, signal: AbortSignal.any([held.signal, caller.stopped()]) };
    await caller.answer(asked, () => perform(operation, step));
  }
}

/** Whatever stopped the steps must not stop their taking back. */
async function ended(context: Context, { record, folder, complete }: Operation): Promise<SessionEnd> {
  if (!record) return { undone: [], problems: [], complete };
  return settle({ ...context, signal: new AbortController().signal }, record, folder);
}
