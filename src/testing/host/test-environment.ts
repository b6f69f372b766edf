/** Password of everybody whom the test kit makes. */
export const TEST_PASSWORD = 'correct horse battery staple'

/** Settings of a test server, whatever the environment of the test says. */
export const testEnvironment = (): Readonly<Record<string, string>> => ({
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'info',
  POOL_SIZE: '6',
  // A busy machine is no reason to refuse a test.
  OVERLOAD_DELAY: '0',
  DEMO: '0',
  ADMIN_PASSWORD: TEST_PASSWORD,
  DEMO_PASSWORD: TEST_PASSWORD,
})
