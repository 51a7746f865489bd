import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Half of the time is waiting: for timers of SIP and TFTP, for programs to start. The default leaves a core idle.
    maxWorkers: '100%',
    // Real daemons, real sockets and real peers share two cores: generous bounds, never an assertion on time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env.CI ? ['default', './test/support/no-skips.ts'] : ['default'],
  },
});
