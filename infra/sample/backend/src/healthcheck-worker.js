// Healthcheck of worker and scheduler: exit 0 while their sign of life is fresh, else 1 and why.
import { statSync } from 'node:fs';

const LIMIT_MS = 15_000;
const file = process.env.BEAT_FILE || '/tmp/beat';

try {
  const age = Date.now() - statSync(file).mtimeMs;
  if (age > LIMIT_MS) throw new Error(`last sign of life ${Math.round(age / 1_000)} s ago`);
} catch (error) {
  console.log(error.code === 'ENOENT' ? 'no sign of life yet' : error.message);
  process.exit(1);
}
