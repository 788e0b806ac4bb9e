import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['suture-source'] },
  ssr: { resolve: { conditions: ['suture-source'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
