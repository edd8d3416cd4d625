import type { Catalogue } from '../catalogue.js';
import type { Pruned, Removed } from '../prune.js';
import type { DrillResult } from '../run/drill.js';
import type { Verification } from '../run/verify.js';
import type { CataloguedSet, Manifest } from '../set.js';

/** What the commands of the cron container answer; the deployer's side reads these types. */
export interface RunResult {
  set: Manifest;
  /** What pruning removed after it. */
  removed: Removed[];
}
export type ListResult = Catalogue;
export type ShowResult = CataloguedSet;
export interface VerifyResult {
  verifications: Verification[];
}
/** A drill, and when the set that it restored was begun (ISO 8601). */
export type DrillOutcome = DrillResult & { began: string };
export interface PinResult {
  set: string;
  pinned: boolean;
}
export type PruneResult = Pruned;
