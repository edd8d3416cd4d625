import { type Config, loadConfig } from '../config/load.js';
import { Deck } from '../engine/deck/deck.js';
import type { DeckOptions } from '../engine/deck/lock.js';
import { Docker } from '../engine/docker.js';
import { assertEngine } from './state.js';

/** A stack's configuration, and the engine that it lives on. */
export interface Stack {
  config: Config;
  docker: Docker;
}

/**
 * @param dotenv the path that --dotenv gave
 * @throws UsageError for a configuration with problems, or when no engine answers
 */
export async function openStack(dotenv: string | undefined): Promise<Stack> {
  const stack = { config: await loadConfig(dotenv), docker: new Docker() };
  await assertEngine(stack.docker);
  return stack;
}

/**
 * Takes the stack's lock for a piece of work, and gives it back however that ends.
 *
 * @param lock.command as a person would type it; others are told it while they wait
 * @param lock.network one to begin in; joining one later takes longer
 * @param lock.leastToken the edge's token, as it was observed
 * @throws LockedError (exit code 3) when another operation holds it
 */
export async function underLock<T>(
  { config, docker }: Stack,
  lock: Omit<DeckOptions, 'names' | 'image'>,
  work: (deck: Deck) => Promise<T>,
): Promise<T> {
  const { names, settings } = config;
  const deck = await Deck.open(docker, { names, image: settings.NODE_IMAGE, ...lock });
  try {
    return await work(deck);
  } finally {
    await deck.close();
  }
}
