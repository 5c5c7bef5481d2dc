import { defineConfig } from 'vitest/config';

const SETUP = ['reflect-metadata', './libs/testing/src/kept-statements.ts'];

/** Real processes, connections and disks. No test is tried again: one that fails now and then is a fault. */
const REAL_PARTS = { setupFiles: SETUP, pool: 'forks' as const, retry: 0 };

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{apps,libs,tools}/**/*.spec.ts'],
          exclude: ['**/fixtures/**'],
          setupFiles: SETUP,
        },
      },
      {
        extends: true,
        test: {
          name: 'service',
          ...REAL_PARTS,
          include: [
            '{apps,libs}/*/test/**/*.int-spec.ts',
            'tests/security/**/*.int-spec.ts',
            'tests/backup/**/*.int-spec.ts',
          ],
          maxWorkers: 2,
          // More than what the tests wait for at most, so that one that fails says for what it has waited.
          testTimeout: 120_000,
          hookTimeout: 150_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'container',
          ...REAL_PARTS,
          include: ['tests/container/**/*.container-spec.ts'],
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'engine',
          setupFiles: SETUP,
          pool: 'forks',
          include: ['tests/engines/**/*.engine-spec.ts'],
          maxWorkers: 1,
          testTimeout: 240_000,
          hookTimeout: 150_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'fault',
          ...REAL_PARTS,
          include: ['tests/fault/**/*.fault-spec.ts'],
          maxWorkers: 1,
          // More than two starts and what is awaited around them, so that a test that fails says for what it has waited.
          testTimeout: 360_000,
          hookTimeout: 150_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'audit',
          ...REAL_PARTS,
          include: ['tests/audit/**/*.audit-spec.ts'],
          maxWorkers: 1,
          testTimeout: 90_000,
          hookTimeout: 210_000,
        },
      },
    ],
  },
});
