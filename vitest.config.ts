import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['suture-source'] },
  ssr: { resolve: { conditions: ['suture-source'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    // V8 aborts now and then ("Check failed: jit_page.has_value()") where threads that strip types, which is WebAssembly, come
    // and go by the dozen on a processor with protection keys (nodejs/node#64500). The published package strips none.
    execArgv: ['--no-memory-protection-keys'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
