import { isWithin, parseWindow, sayMoment } from '../config/deploy-window.js';
import type { Config } from '../config/load.js';
import { parseVersion } from '../config/version.js';
import { Compose } from '../engine/compose.js';
import { Deck } from '../engine/deck/deck.js';
import type { Docker } from '../engine/docker.js';
import { SlipwayError, UsageError } from '../errors.js';
import { recordsOf } from './journal.js';
import { type Deployed, operate } from './operate.js';
import type { Step } from './plan.js';
import { recoverFirst } from './recovery/recover-and-tell.js';
import { type Context, prepareRelease, type Release, type ReleaseOptions } from './release.js';
import { ofLive } from './releases/of-live.js';
import type { Reporter } from './reporter.js';
import { findSource, type Source } from './source.js';
import { observe, type State } from './state.js';
import type { OnInterrupt } from './watch.js';

export interface DeployOptions extends ReleaseOptions {
  version: string | undefined;
  /** Deploy the live version once more, and outside DEPLOY_WINDOW. */
  force: boolean;
  /** Only say what would be done. */
  dryRun: boolean;
  /** Push the images after they were built. */
  push: boolean;
  reporter: Reporter;
  /** Reads the configuration, and makes the engine and the base's images ready when they are not. */
  prepare: () => Promise<{ config: Config; docker: Docker }>;
  /** Calls back on Ctrl-C or a polite end signal; returns how to stop listening. */
  onInterrupt: OnInterrupt;
}

/** What a deploy came to. */
export type DeployResult =
  | ({ outcome: 'deployed' } & Deployed)
  | { outcome: 'already-live'; version: string; colour: string }
  | { outcome: 'planned'; version: string; steps: Step[] };

/**
 * Deploys a version: starts it in the idle colour, checks it, cuts traffic over, drains and stops the old one. Whatever
 * fails on the way, the old colour serves as before.
 *
 * @throws UsageError (exit code 2) before anything is changed; LockedError (3) when another operation runs; SlipwayError
 * (1, or 4 when a person has to look) when the deploy failed
 */
export async function deploy(options: DeployOptions): Promise<DeployResult> {
  try {
    return await attempt(options);
  } finally {
    await options.reporter.end();
  }
}

async function attempt(options: DeployOptions): Promise<DeployResult> {
  const version = parseVersion(options.version);
  const { config, docker } = await options.prepare();

  if (options.push && config.settings.REGISTRY === '') {
    throw new UsageError('--push: REGISTRY is not set, so there is nowhere to push to', {
      hints: [`set REGISTRY in ${config.file}, such as ghcr.io/acme`],
    });
  }
  if (!options.force && !options.dryRun) assertInWindow(config);
  const before = await observe(docker, config.names);
  const { reporter } = options;
  const context: Context = { version, before, config, docker, compose: new Compose(docker.endpoint, { detached: true }), reporter };
  if (before.live?.version === version && !options.force && !options.dryRun) {
    // Its deployer may have been killed at the very end: then the rest is done first.
    if (await recovered(context, options)) return attempt(options);
    if (isWhole(before)) return { outcome: 'already-live', version, colour: before.live.colour };
    reporter.note(`${version} is live already, but not all of it runs: it is deployed once more`);
  }

  // While Compose resolves the app's files, the lock is taken; a first deploy, which has nothing yet, waits until they are found good.
  const early = before.live && !options.dryRun ? openDeck(context) : undefined;
  early?.catch(() => {});
  let source: Source | undefined;
  try {
    source = await findSource(config, version);
    const release = await prepareRelease(context, source, options);
    if (options.dryRun) return { outcome: 'planned', version, steps: release.steps };
    const deck = await (early ?? openDeck(context));
    try {
      const wasCutOff = await recoverFirst(context, deck, options);
      if (!wasCutOff) {
        const whole = options.canary.length > 0 ? await besideLive(context, release, deck) : release;
        return { outcome: 'deployed', ...(await operate(context, whole, deck, options)) };
      }
    } finally {
      await deck.close();
    }
  } finally {
    await Promise.all([
      source?.remove(),
      early?.then(
        (deck) => deck.close(),
        () => {},
      ),
    ]);
  }
  // What was cut off is in order now, so the plan that was made before it no longer fits.
  return attempt(options);
}

/** Going back is never refused by the clock; going on is, so that nobody deploys on a Friday night by accident. */
function assertInWindow({ settings: { DEPLOY_WINDOW, TZ } }: Config): void {
  const now = new Date();
  if (isWithin(parseWindow(DEPLOY_WINDOW) ?? [], now, TZ)) return;
  throw new UsageError(`DEPLOY_WINDOW: it is ${sayMoment(now, TZ)} (${TZ}), and deploys are let through ${DEPLOY_WINDOW}`, {
    hints: ['add --force to deploy all the same'],
  });
}

/** A canary shares the edge with the live release, whose routes it has to know. */
async function besideLive(context: Context, release: Release, deck: Deck): Promise<Release> {
  if (!context.before.live) return release;
  const live = await ofLive(context, recordsOf(deck));
  if (live) return { ...release, ...live };
  throw new SlipwayError('--canary: the live release was not kept, so its routes are not known', {
    hints: ['deploy without --canary this time'],
  });
}

/** @returns whether something was cut off, and is in order now */
async function recovered(context: Context, options: DeployOptions): Promise<boolean> {
  const deck = await openDeck(context);
  try {
    return (await recoverFirst(context, deck, options)) !== undefined;
  } finally {
    await deck.close();
  }
}

/** @returns whether the edge and every container of the live colour run */
function isWhole({ base, live, colours }: State): boolean {
  const edge = base.find(({ service }) => service === 'edge');
  if (edge?.state !== 'running' || live === undefined) return false;
  return colours[live.colour].length > 0 && colours[live.colour].every(({ state }) => state === 'running');
}

function openDeck({ docker, config, version, before }: Context): Promise<Deck> {
  const network = before.live ? config.names.networks.app : undefined;
  return Deck.open(docker, {
    names: config.names,
    image: config.settings.NODE_IMAGE,
    command: `deploy ${version}`,
    network,
    leastToken: before.edgeToken,
  });
}
