import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real daemons, real sockets and real peers share two cores: generous bounds, never an assertion on time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env.CI ? ['default', './test/support/no-skips.ts'] : ['default'],
  },
});
