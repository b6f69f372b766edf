import type * as jest from '@jest/globals'

/** Jest's functions that are there without an import. */
declare global {
  const afterAll: typeof jest.afterAll
  const afterEach: typeof jest.afterEach
  const beforeAll: typeof jest.beforeAll
  const beforeEach: typeof jest.beforeEach
  const describe: typeof jest.describe
  const expect: typeof jest.expect
  const it: typeof jest.it
  const test: typeof jest.test
}
