import { tmpdir } from 'node:os'
import { expect, test } from '@jest/globals'
import pg from 'pg'
import { createApp } from '../src/app.ts'
import { createDisposal } from '../src/composition/disposal.ts'
import { loadConfig } from '../src/config/index.ts'
import { openTestDatabase, TEST_ENVIRONMENT } from './support/database.ts'

test('what was made last is let go of first, and all of it, whatever fails', async () => {
  const disposal = createDisposal()
  const released: string[] = []
  const release = (name: string, failing = false) =>
    disposal.add(async () => {
      released.push(name)
      if (failing) throw new Error(name)
    })
  release('first')
  release('second', true)
  release('third', true)
  await expect(disposal.run()).rejects.toThrow('third')
  expect(released).toEqual(['third', 'second', 'first'])
  await disposal.run()
  expect(released).toHaveLength(3)
})

// The address is one that the configuration would have refused: the HTTP server is the last thing to be made.
test('a server that cannot be made leaves no connection behind', async () => {
  const database = await openTestDatabase()
  const watching = new pg.Client({ connectionString: database.url })
  await watching.connect()
  try {
    const config = { ...loadConfig(TEST_ENVIRONMENT, tmpdir()), trustedProxies: ['nowhere'] }
    const secrets = ['a secret of tests that is long enough for anybody']
    await expect(createApp(config, { databaseUrl: database.url, secrets })).rejects.toThrow(/invalid.*address/i)
    // So long the stamper may take to connect.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const { rows } = await watching.query('SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()')
    expect(rows).toEqual([])
  } finally {
    await watching.end()
    await database.close()
  }
})
