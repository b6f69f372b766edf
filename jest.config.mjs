/**
 * Tests run as ES modules (scripts/test.mjs sets the Node flag that needs) on a real PostgreSQL that test/support/global-setup.mjs
 * provides. Each test file gets its own database (test/support/database.ts).
 */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  testRunner: '<rootDir>/test/support/test-runner.mjs',
  transform: {},
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  reporters: ['default', '<rootDir>/test/support/reporter.mjs'],
  maxWorkers: 2,
  // Also keeps every test file in a worker process, so that one that leaves something open fails and does not hang the run.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 30_000,
}
