import { isWhole } from '../backup/set.js';
import type { DrillOutcome, ListResult, PinResult, PruneResult, RunResult, ShowResult, VerifyResult } from '../backup/sidecar/results.js';
import { formatBytes, formatDuration } from '../config/durations.js';
import type { Output } from './output.js';

/** Says what a command of the cron container came to. */
export function sayResult(action: string, result: unknown, output: Output): void {
  sayers[action as keyof typeof sayers](result as never, output);
}

const sayers = {
  run: ({ set, removed }: RunResult, { line, paint }) => {
    const stored = set.objects.reduce((sum, object) => sum + object.stored.bytes, 0);
    line(paint('green', `the set ${set.set} is complete: ${set.objects.length} objects, ${formatBytes(stored)}`));
    if (removed.length > 0) line(`removed by retention: ${[...new Set(removed.map((one) => one.set))].join(', ')}`);
  },
  list: (catalogue: ListResult, { line, paint }) => {
    const now = Date.now();
    const ago = (moment: string) => `${formatDuration(Math.max(0, now - Date.parse(moment)))} ago`;
    if (catalogue.sets.length === 0) line('there is no backup set yet: npx zx scripts/backup.mjs run');
    for (const set of catalogue.sets) {
      const { manifest, verified, pinned, stores } = set;
      const bytes = manifest.objects.reduce((sum, object) => sum + object.stored.bytes, 0);
      const marks = [
        isWhole(manifest) ? '' : `only ${manifest.kinds.join(', ')}`,
        verified ? paint('green', `restored by a drill ${ago(verified)}`) : '',
        pinned ? 'pinned' : '',
        manifest.recipients.length > 0 ? 'encrypted' : '',
      ].filter(Boolean);
      line(
        `${manifest.set}  ${ago(manifest.began).padEnd(12)} ${formatBytes(bytes).padStart(9)}  ${manifest.release ?? '-'}  ${stores.join(', ')}  ${marks.join('; ')}`.trimEnd(),
      );
    }
    for (const { set, store, problem } of catalogue.incomplete) line(paint('yellow', `${set}  not whole in ${store}: ${problem}`));
    for (const { store, problem } of catalogue.unreachable) line(paint('red', `${store}: ${problem}`));
    for (const warning of catalogue.warnings) line(paint('yellow', warning));
  },
  show: ({ manifest, verified, pinned, stores }: ShowResult, { line }) => {
    line(`set ${manifest.set} of ${manifest.stack}, release ${manifest.release ?? '-'}, made by ${manifest.reason} at ${manifest.began}`);
    line(
      `in ${stores.join(', ')}; ${verified ? `restored by a drill at ${verified}` : 'not yet restored by a drill'}${pinned ? '; pinned' : ''}`,
    );
    const { postgres, redis } = manifest.versions;
    line(
      `PostgreSQL ${postgres ?? '-'}, Redis ${redis ?? '-'}, ${manifest.recipients.length > 0 ? `encrypted for ${manifest.recipients.join(', ')}` : 'not encrypted'}`,
    );
    for (const { name, plain, stored, rows, keys } of manifest.objects) {
      const count = rows
        ? `, ${Object.values(rows).reduce((sum, one) => sum + one, 0)} rows in ${Object.keys(rows).length} tables`
        : keys
          ? `, ${keys.total} keys`
          : '';
      line(`  ${name}  ${formatBytes(plain.bytes)} → ${formatBytes(stored.bytes)}${count}`);
    }
  },
  verify: ({ verifications }: VerifyResult, { line, paint }) => {
    for (const { set, store, understood, sealed } of verifications) {
      const rest = sealed > 0 ? `; ${sealed} encrypted ones by their checksums alone` : '';
      line(paint('green', `${set} in ${store} is what was stored: ${understood} objects read to their end${rest}`));
    }
  },
  drill: ({ set, restored, seconds, rows, keys }: DrillOutcome, { line, paint }) => {
    if (restored) line(paint('green', `${set} restores: ${rows} rows and ${keys} keys found again, in ${seconds.toFixed(1)} s`));
    else
      line(
        paint('yellow', `${set} is encrypted and BACKUP_AGE_IDENTITY is not set: only its checksums were read, in ${seconds.toFixed(1)} s`),
      );
  },
  pin: sayPin,
  unpin: sayPin,
  prune: ({ keep, removed }: PruneResult, { line }) => {
    for (const { set, because } of keep) line(`keep    ${set.manifest.set}  ${because.join('; ')}`);
    for (const { set, store, because, bytes } of removed) line(`remove  ${set}  ${because} (${store}, ${formatBytes(bytes)})`);
    if (removed.length === 0) line('there is nothing to remove');
  },
} satisfies Record<string, (result: never, output: Output) => void>;

function sayPin({ set, pinned }: PinResult, { line }: Output): void {
  line(pinned ? `${set} is pinned: it stays until you unpin it` : `${set} is pinned no longer`);
}
