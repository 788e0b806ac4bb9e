import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['suture-source'] },
  ssr: { resolve: { conditions: ['suture-source'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    // No figure of speed: a machine that does other work, too, must not make a sound test fail.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
