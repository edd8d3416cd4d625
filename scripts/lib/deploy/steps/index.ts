import type { Operation, StepReport } from '../operation.js';
import type { Step } from '../plan.js';
import { backUp } from './backup.js';
import { bake } from './bake.js';
import { haveBaseUp } from './base.js';
import { canary } from './canary.js';
import { checkStaged } from './check.js';
import { cut, takeUp } from './cut.js';
import { drain } from './drain.js';
import { handOver } from './hand-over.js';
import { getImages } from './images.js';
import { keepAssets } from './keep-assets.js';
import { migrate, migrateDown } from './migrate.js';
import { record } from './record.js';
import { retire } from './retire.js';
import { stage } from './stage.js';
import { startWeb, waitHealthy } from './start-web.js';
import { createWorkers, startWorkers } from './start-workers.js';
import { runTasks } from './tasks.js';
import { verify } from './verify.js';

/**
 * Does one step.
 *
 * @returns a few words about what was done, for the person
 */
export function perform(operation: Operation, step: Step, report: StepReport): Promise<string | undefined> {
  switch (step.kind) {
    case 'images':
      return getImages(operation, step, report);
    case 'base':
      return haveBaseUp(operation, report);
    case 'backup':
      return backUp(operation, step, report);
    case 'migrate':
      return migrate(operation, step, report);
    case 'migrate-down':
      return migrateDown(operation, step, report);
    case 'tasks':
      return runTasks(operation, step, report);
    case 'start-web':
      return startWeb(operation, step, report);
    case 'healthy':
      return waitHealthy(operation, step, report);
    case 'stage':
      return stage(operation, report);
    case 'check':
      return checkStaged(operation, report);
    case 'keep-assets':
      return keepAssets(operation, step, report);
    case 'create-workers':
      return createWorkers(operation, step);
    case 'canary':
      return canary(operation, step, report);
    case 'bake':
      return bake(operation, step, report);
    case 'take-up':
      return takeUp(operation, step, report);
    case 'cut':
      return cut(operation, step, report);
    case 'verify':
      return verify(operation, report);
    case 'start-workers':
      return startWorkers(operation, step, report);
    case 'hand-over':
      return handOver(operation, step, report);
    case 'drain':
      return drain(operation, report);
    case 'retire':
      return retire(operation, step, report);
    case 'record':
      return record(operation);
  }
}
