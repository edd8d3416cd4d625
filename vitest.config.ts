import { configDefaults, defineConfig } from 'vitest/config';

/** Suites that take minutes: `npm run test:chaos` runs them. */
const chaos = ['test/chaos/kills/**', 'test/chaos/deploy-faults-*.test.ts', 'test/chaos/engine-*.test.ts'];
const long = process.env.CHAOS === 'full' ? [] : ['test/integration/restore-kills.test.ts', ...chaos];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/files/**/*.test.ts'],
          // Properties try a thousand cases; a busy machine takes its time.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/chaos/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...long],
          globalSetup: 'test/helpers/global-setup.ts',
          // A deploy takes some ten seconds, a first one with a new database a little more.
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // Each file has a stack of its own; more than two of them would only measure how busy the machine is.
          maxWorkers: 2,
          retry: 0,
        },
      },
    ],
  },
});
