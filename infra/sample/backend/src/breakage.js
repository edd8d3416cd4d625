// Builds that fail on purpose, to try what a deploy does with a bad release.
// Build argument BREAK (environment SAMPLE_BREAK):
//
//   never-healthy    /health answers 503 for ever
//   crash-after-5s   the server throws 5 s after its start and exits 1
//   migration-fails  `migrate.mjs` sees one more migration, 900_broken, whose SQL fails
//   error-500        healthy, but GET /api/notes answers 500
//
// Without it nothing here does anything.
const mode = process.env.SAMPLE_BREAK || '';

export const breakage = {
  neverHealthy: mode === 'never-healthy',
  failingMigration: mode === 'migration-fails',

  crashLater() {
    if (mode !== 'crash-after-5s') return;
    setTimeout(() => {
      throw new Error('broken on purpose: this build crashes 5 s after its start');
    }, 5_000);
  },

  failNotes() {
    if (mode === 'error-500') throw new Error('broken on purpose: this build cannot list notes');
  },
};
