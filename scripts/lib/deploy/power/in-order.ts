import type { Config } from '../../config/load.js';
import { colours } from '../../config/names.js';
import type { Deck } from '../../engine/deck/deck.js';
import { operator } from '../../engine/deck/holder.js';
import type { Docker } from '../../engine/docker.js';
import { exitCodes, messageOf, SlipwayError } from '../../errors.js';
import { isAlive } from '../containers.js';
import { containersOf, type State } from '../state.js';
import { InterruptedError, type OnInterrupt } from '../watch.js';

/** An operation whose steps are done one after the other, and of which nothing is undone: typing it again goes on. */
export interface Sequence {
  /** As the journal calls it. */
  command: 'stop' | 'start' | 'prune';
  /** Asks before each change whether the lock is still held. */
  docker: Docker;
  config: Config;
  deck: Deck;
  live: State['live'];
  /** Does a piece of work under a title; `say` takes what it is at. */
  step: <T>(title: string, work: (say: (line: string) => void) => Promise<T>) => Promise<T>;
  onInterrupt: OnInterrupt;
  /** What to type after a failure. */
  hints: readonly string[];
}

/** What a step gets: the signal is aborted when the person stops the operation. */
export type Act<Step> = (step: Step, signal: AbortSignal, say: (line: string) => void) => Promise<void>;

/**
 * Does the steps, each written to the journal before it begins and after it ended. Ctrl-C lets the present step end where
 * it has no way to stop.
 *
 * @throws SlipwayError saying what runs by then and what does not; exit code 130 after Ctrl-C
 */
export async function inOrder<Step extends { id: string; title: string }>(
  sequence: Sequence,
  steps: readonly Step[],
  act: Act<Step>,
): Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopListening = sequence.onInterrupt(() => stopping.abort(new InterruptedError()));
  try {
    await journaled(sequence, async () => {
      for (const step of steps) {
        signal.throwIfAborted();
        await doStep(sequence, step, (say) => act(step, signal, say)).catch((error: unknown) => {
          // A step that was stopped only tells that it was: why is what the person wants to know.
          throw signal.aborted ? signal.reason : error;
        });
      }
    });
  } catch (error) {
    throw await withWhatRuns(sequence, error);
  } finally {
    stopListening();
  }
}

async function doStep<Step extends { id: string; title: string }>(
  { deck, step: under }: Sequence,
  { id, title }: Step,
  work: (say: (line: string) => void) => Promise<void>,
): Promise<void> {
  await deck.append({ at: now(), kind: 'step-began', token: deck.token, step: id });
  const began = performance.now();
  await under(title, work);
  await deck.append({ at: now(), kind: 'step-done', token: deck.token, step: id, ms: Math.round(performance.now() - began) });
}

/** Writes the operation's beginning and end to the journal. */
async function journaled({ deck, command, live }: Sequence, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  const common = { token: deck.token, command, version: live?.version ?? '', ...(live ? { colour: live.colour } : {}) };
  await deck.append({ at: now(), kind: 'began', ...common, by: operator() });
  const end = (outcome: string, reason?: string) =>
    deck.append({ at: now(), kind: 'ended', ...common, outcome, reason, ms: Math.round(performance.now() - began) });
  try {
    await work();
  } catch (error) {
    // The deck may be what was lost; the first error is the one to tell.
    const interrupted = error instanceof SlipwayError && error.exitCode === exitCodes.interrupted;
    await end(interrupted ? 'interrupted' : 'failed', messageOf(error)).catch(() => {});
    throw error;
  }
  await end('done');
}

/** Adds to an error what a person has to know before typing the command again. */
async function withWhatRuns({ docker, config, live, hints }: Sequence, error: unknown): Promise<unknown> {
  if (!(error instanceof SlipwayError)) return error;
  const told = await whatRuns(docker, config, live).catch((failure: unknown) => [`what runs is not known: ${messageOf(failure)}`]);
  return new SlipwayError(error.message, {
    details: [...error.details, ...told],
    hints: [...error.hints, ...hints],
    exitCode: error.exitCode,
    cause: error,
  });
}

async function whatRuns(docker: Docker, { names }: Config, live: State['live']): Promise<string[]> {
  const { base, colours: all } = await containersOf(docker, names);
  const named = [
    ...base.map((container) => ({ container, name: container.service, counts: true })),
    ...colours.flatMap((colour) =>
      all[colour].map((container) => ({ container, name: `${container.service} (${colour})`, counts: colour === live?.colour })),
    ),
  ];
  const list = (some: typeof named) => [...new Set(some.map(({ name }) => name))].sort().join(', ') || 'nothing';
  return [
    `runs: ${list(named.filter(({ container }) => isAlive(container)))}`,
    // That the idle colour does not run is as it should be.
    `does not run: ${list(named.filter(({ container, counts }) => counts && !isAlive(container)))}`,
  ];
}

function now(): string {
  return new Date().toISOString();
}
