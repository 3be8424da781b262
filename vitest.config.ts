import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their sources; nothing has to be built before a test runs.
const conditions = ['@fluvial/source'];

export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'node', 'import', 'default'] },
  ssr: {
    resolve: {
      conditions: [...conditions, 'node', 'import', 'default'],
      externalConditions: ['node', 'import', 'default'],
    },
  },
  test: {
    pool: 'threads',
    isolate: false,
    // One cluster per provider for all stories of a run, started when the first asks for it.
    globalSetup: ['e2e/lib/global-setup.ts'],
    include: [
      'packages/**/src/**/*.test.ts',
      'packages/*/conformance/*.test.ts',
      'apps/**/src/**/*.test.ts',
      'scripts/**/*.test.ts',
      'e2e/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
