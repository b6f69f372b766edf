/**
 * Tests run on a real PostgreSQL that test/support/global-setup.mjs provides; each test file gets its own database (test/support/database.ts).
 * Node loads their modules, and those of the program once for all files of a worker process (test/support/test-runner.mjs).
 */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  testRunner: '<rootDir>/test/support/test-runner.mjs',
  // Nothing is loaded by jest.
  transform: {},
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  reporters: ['default', '<rootDir>/test/support/reporter.mjs'],
  maxWorkers: 2,
  // Also keeps every test file in a worker process, so that one that leaves something open fails and does not hang the run.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 30_000,
}
