import { defineConfig } from 'vitest/config';

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
          setupFiles: ['reflect-metadata'],
        },
      },
      {
        extends: true,
        test: {
          name: 'service',
          include: [
            '{apps,libs}/*/test/**/*.int-spec.ts',
            'tests/security/**/*.int-spec.ts',
            'tests/backup/**/*.int-spec.ts',
          ],
          setupFiles: ['reflect-metadata'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 150_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'container',
          include: ['tests/container/**/*.container-spec.ts'],
          setupFiles: ['reflect-metadata'],
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'fault',
          include: ['tests/fault/**/*.fault-spec.ts'],
          setupFiles: ['reflect-metadata'],
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 240_000,
          hookTimeout: 150_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'audit',
          include: ['tests/audit/**/*.audit-spec.ts'],
          setupFiles: ['reflect-metadata'],
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 90_000,
          hookTimeout: 210_000,
        },
      },
    ],
  },
});
