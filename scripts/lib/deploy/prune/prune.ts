import { type Config, loadConfig } from '../../config/load.js';
import { Deck } from '../../engine/deck/deck.js';
import { lockHolder } from '../../engine/deck/holder.js';
import { imageUse } from '../../engine/disk.js';
import { Docker } from '../../engine/docker.js';
import { SlipwayError } from '../../errors.js';
import { inOrder, type Sequence } from '../power/in-order.js';
import { cutOffIn } from '../recovery/cut-off.js';
import { assertEngine, observe } from '../state.js';
import { observeAll } from './observe.js';
import { perform, type Removal } from './perform.js';
import { type KeptThing, type PruneItem, type PrunePlan, planPrune } from './plan.js';
import { parseAge } from './request.js';

export interface PruneOptions extends Pick<Sequence, 'step' | 'onInterrupt'> {
  dotenv: string | undefined;
  /** Only say what would go. */
  dryRun: boolean;
  /** The build cache as well, which belongs to all projects of the engine. */
  buildCache: boolean;
  /** How old what goes by its age has to be, as it was typed; undefined: as PRUNE_AFTER says. */
  olderThan: string | undefined;
}

/** One thing, as the result tells it. */
export interface Pruned {
  kind: PruneItem['kind'];
  name: string;
  reason: string;
  /** What the engine says it takes (bytes); null where it does not say. */
  bytes: number | null;
  outcome: 'planned' | 'removed' | 'in use';
}

/** What a prune came to. */
export interface PruneResult {
  outcome: 'planned' | 'pruned' | 'nothing-to-do';
  stack: string;
  things: Pruned[];
  kept: KeptThing[];
  /** What became free on the engine (bytes); null when nothing was removed. */
  freed: number | null;
}

const TITLES: Record<PruneItem['kind'], string> = {
  container: 'remove containers of the idle colour',
  image: 'remove images of the app',
  name: 'remove names that kept images',
  release: 'forget releases',
  toolkit: "remove the toolkit's older images",
  journal: 'shorten the journal',
  'build-cache': 'prune the build cache',
};

/**
 * Removes what is left over of a stack: see {@link planPrune}. Nothing is forced, and no volume is touched.
 *
 * @throws UsageError (exit code 2) when --older-than is no duration; LockedError (3) when another operation runs; SlipwayError
 * (1) when a deploy was cut off, since nobody knows then what it needs, or when something cannot be removed
 */
export async function prune(options: PruneOptions): Promise<PruneResult> {
  const config = await loadConfig(options.dotenv);
  const pruning = { ...options, config, docker: new Docker(), afterMs: parseAge(options.olderThan) ?? config.settings.PRUNE_AFTER };
  const { docker } = pruning;
  await assertEngine(docker);
  const { plan } = await look(pruning, false);
  if (plan.items.length === 0) return told('nothing-to-do', config, plan);
  if (options.dryRun) return told('planned', config, plan);
  const { edgeToken } = await observe(docker, config.names);
  const deck = await Deck.open(docker, {
    names: config.names,
    image: config.settings.NODE_IMAGE,
    command: 'prune',
    leastToken: edgeToken,
  });
  try {
    return await pruneHeld(pruning, deck);
  } finally {
    await deck.close();
  }
}

interface Pruning extends PruneOptions {
  config: Config;
  docker: Docker;
  afterMs: number;
}

/** Plans once more, now that nobody else changes anything, and does it. */
async function pruneHeld(pruning: Pruning, deck: Deck): Promise<PruneResult> {
  const { docker, config, step, onInterrupt } = pruning;
  const { plan, layers } = await look(pruning, true);
  const { items } = plan;
  if (items.length === 0) return told('nothing-to-do', config, plan);
  const guarded = docker.guarded(() => deck.confirm());
  const hints = ['npx zx scripts/prune.mjs goes on from there'];
  const sequence: Sequence = { command: 'prune', docker: guarded, config, deck, live: undefined, step, onInterrupt, hints };
  const removals = new Map<PruneItem, Removal>();
  await inOrder(sequence, stepsOf(items), async (kind, signal, say) => {
    for (const item of kind.items) {
      signal.throwIfAborted();
      say(item.name);
      removals.set(item, await perform(sequence, item));
    }
  });
  const after = items.some(isImage) ? (await imageUse(docker)).layers : layers;
  return told('pruned', config, plan, removals, reclaimedBy(removals) + Math.max(0, layers - after));
}

function stepsOf(items: readonly PruneItem[]): { id: string; title: string; items: PruneItem[] }[] {
  const kinds = [...new Set(items.map(({ kind }) => kind))];
  return kinds.map((kind) => ({ id: kind, title: TITLES[kind], items: items.filter((item) => item.kind === kind) }));
}

/** What images take is asked of the engine before and after: they share layers, with each other and with the build cache. */
function isImage({ kind }: PruneItem): boolean {
  return kind === 'image' || kind === 'toolkit' || kind === 'name';
}

function reclaimedBy(removals: ReadonlyMap<PruneItem, Removal>): number {
  const freed = ([item, removal]: [PruneItem, Removal]) =>
    removal.outcome === 'removed' && !isImage(item) ? (removal.reclaimed ?? item.bytes ?? 0) : 0;
  return [...removals].map(freed).reduce((sum, bytes) => sum + bytes, 0);
}

async function look({ docker, config, buildCache, afterMs }: Pruning, held: boolean): Promise<{ plan: PrunePlan; layers: number }> {
  const now = Date.now();
  const { state, layers } = await observeAll(docker, config, { cacheBefore: buildCache ? now - afterMs : undefined });
  // Without the lock, one that runs looks like one that was cut off.
  const isCutOff = cutOffIn(state.journal) !== undefined && (held || (await lockHolder(docker, config.names)) === undefined);
  if (isCutOff) {
    throw new SlipwayError('a deploy was cut off, and what it needs is not to be removed before it is in order', {
      hints: ['npx zx scripts/deploy.mjs --resume finishes or undoes it, --abort goes back from it'],
    });
  }
  return { plan: planPrune(state, { retain: config.settings.RETAIN_RELEASES, afterMs }, now), layers };
}

function told(
  outcome: PruneResult['outcome'],
  { names }: Config,
  { items, kept }: PrunePlan,
  removals: ReadonlyMap<PruneItem, Removal> = new Map(),
  freed: number | null = null,
): PruneResult {
  const things = items.map((item) => {
    const { kind, name, reason, bytes } = item;
    return { kind, name, reason, bytes: bytes ?? null, outcome: removals.get(item)?.outcome ?? ('planned' as const) };
  });
  return { outcome, stack: names.base, things, kept, freed };
}
