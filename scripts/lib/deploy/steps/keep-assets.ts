import type { Readable } from 'node:stream';
import { assetsOf } from '../../config/assets.js';
import type { Check } from '../../config/x-slipway.js';
import { type AssetSource, type AssetTotals, keyOf, packAssets } from '../../edge/asset-archive.js';
import { type Edge, OlderEdgeError } from '../../edge/edge.js';
import { messageOf, SlipwayError } from '../../errors.js';
import type { JournalRecord } from '../journal.js';
import { edgeOf, type Operation, type StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { aimChecks } from '../probes.js';
import { releasesOf, retained } from '../releases/releases.js';
import { type ContainerState, containersOf } from '../state.js';

/**
 * Copies the assets of the release that is about to get traffic into the edge's volume, out of a container of each service.
 * From then on every worker of the edge has them, and pages of this release find them for as long as it is retained.
 *
 * @throws SlipwayError when a folder is not there or is too large. Going back is not stopped by that, and nothing by an edge
 * of an older image: then a warning is all
 */
export async function keepAssets(operation: Operation, step: StepOf<'keep-assets'>, report: StepReport): Promise<string> {
  const { identity, command, signal, warn } = operation;
  try {
    const edge = await edgeOf(operation);
    const said = (await edge.hasAssets(identity.release)) ? 'they are kept already' : await copyAssets(operation, step, edge, report);
    operation.assets = identity.release;
    return said;
  } catch (error) {
    const isOlder = error instanceof OlderEdgeError;
    if (signal.aborted || !(error instanceof SlipwayError) || (command === 'deploy' && !isOlder)) throw error;
    const why = isOlder ? 'the edge that runs is older than that: npx zx scripts/base.mjs upgrade' : messageOf(error);
    warn(`pages of ${identity.version} that are still open after the next deploy may miss their assets: ${why}`);
    return 'not kept';
  }
}

async function copyAssets(operation: Operation, step: StepOf<'keep-assets'>, edge: Edge, { progress }: StepReport): Promise<string> {
  const { config, deck, docker, identity, signal } = operation;
  const containers = (await containersOf(docker, config.names)).colours[step.colour];
  const { body, totals } = packAssets(sourcesOf(operation, step, containers), signal);
  const others = retained(releasesOf(deck.journal as JournalRecord[]), config.settings.RETAIN_RELEASES);
  const ticking = setInterval(() => progress(mebibytes(totals)), 1_000);
  try {
    await edge.keepAssets(deck.token, identity.release, others, body);
  } finally {
    clearInterval(ticking);
  }
  if (operation.command === 'deploy') await tryOut(operation, totals, containers);
  const skipped = totals.skipped > 0 ? `; ${totals.skipped} links and devices were left out` : '';
  return `${totals.files} files, ${mebibytes(totals)}${skipped}`;
}

function mebibytes({ bytes }: AssetTotals): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

function sourcesOf({ app, docker }: Operation, step: StepOf<'keep-assets'>, containers: readonly ContainerState[]): AssetSource[] {
  const services = app.services.filter(({ name }) => step.services.includes(name));
  return services.flatMap((service) =>
    assetsOf(service).map(({ folder, at }) => {
      const source = { service: service.name, folder, at };
      const open = async (): Promise<Readable> => {
        const container = containers.find((one) => one.service === service.name);
        const archive = container && (await docker.archiveStream(container.id, folder));
        if (archive) return archive;
        throw new SlipwayError(`${keyOf(source)}: there is no folder ${folder} in ${container?.name ?? 'any container'}`);
      };
      return { ...source, open };
    }),
  );
}

/** A file that the service does not serve where its pages would ask for it shows that the paths were not meant like this. */
async function tryOut(operation: Operation, { first }: AssetTotals, containers: readonly ContainerState[]): Promise<void> {
  const { config, app, deck, warn } = operation;
  for (const [name, path] of first) {
    const check: Check = { path: encodeURI(path), status: [200], every: 0, times: 1, within: 0, timeout: 5_000 };
    const [aimed] = aimChecks(config, app.services, containers, 'staging', (service) => (service.name === name ? [check] : []));
    const { status } = aimed ? await deck.probe(aimed.request) : { status: 200 };
    if (status !== 200)
      warn(`${keyOf({ service: name })}: ${name} answers ${path} with ${status || 'nothing'}; is this where it serves the folder?`);
  }
}
