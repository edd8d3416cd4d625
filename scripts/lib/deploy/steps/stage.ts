import { readFileSync } from 'node:fs';
import { fromRoot } from '../../config/files.js';
import { renderEdge } from '../../edge/render.js';
import type { Certificate, EdgeMode } from '../../edge/target.js';
import type { ArchiveFile } from '../../engine/archive.js';
import { edgeOf, edgeTarget, type Operation, type StepReport } from '../operation.js';
import { keepRelease } from '../releases/kept-release.js';

/**
 * Has a second nginx serve the idle colour on the staging port. The live one is not reloaded for it. What going back to this
 * release will need is kept at the same time: it has to be there before the release gets traffic.
 */
export async function stage(operation: Operation, { undo }: StepReport): Promise<undefined> {
  const edge = await edgeOf(operation);
  undo('empty the staging port', () => edge.unstage(operation.deck.token));
  await Promise.all([
    edge.stage(operation.deck.token, edgeSet('staging', operation)),
    operation.command === 'deploy' ? keepRelease(operation) : undefined,
  ]);
  return undefined;
}

/** @returns the edge's configuration, for this release when nothing else is to be served */
export function edgeSet(mode: EdgeMode, operation: Operation, target = edgeTarget(operation)): ArchiveFile[] {
  const { settings } = operation.config;
  return renderEdge(mode, target, settings, certificate(settings.TLS_CERT_FILE, settings.TLS_KEY_FILE));
}

function certificate(certificateFile: string | undefined, keyFile: string | undefined): Certificate | undefined {
  if (!certificateFile || !keyFile) return undefined;
  return { certificate: readFileSync(fromRoot(certificateFile), 'utf8'), key: readFileSync(fromRoot(keyFile), 'utf8') };
}
