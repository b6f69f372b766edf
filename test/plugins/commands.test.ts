import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createUserCommand } from '../../src/cli/user.ts'
import { TEST_ENVIRONMENT } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { pluginFolder, step } from './kit.ts'

/** Whoever stands at the command line writes records like everybody. */
describe('commands that write records', () => {
  const folder = pluginFolder()
  let server: TestServer
  let path: string

  beforeAll(async () => {
    path = folder.write({
      name: 'doorkeeper',
      manifest: { capabilities: { modules: { user: ['READ'] } } },
      definition: `guards: [{ module: 'user', run(changes) { for (const change of changes) if (change.after.name === 'Mallory') change.refuse('name', 'UNWANTED', 'Not you.') } }]`,
    })
    server = await startTestServer({ environment: { PLUGIN_PATHS: path } })
    await step(server.admin, 'enablePlugin', 'doorkeeper')
  })
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  const create = (name: string, paths: string) =>
    createUserCommand({ ...TEST_ENVIRONMENT, DATABASE_URL: server.database.url, PLUGIN_PATHS: paths }, tmpdir(), {
      name,
      email: `${name.toLowerCase()}@test.guanxi.local`,
      roles: ['sales_rep'],
      password: 'a long enough password',
    })
  const names = async () => (await server.admin.data('{ users(first: 100) { nodes { name } } }')).users.nodes.map((user: { name: string }) => user.name)

  test('are judged by the plugins that are enabled', async () => {
    await create('Alice', path)
    await expect(create('Mallory', path)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(await names()).toContain('Alice')
    expect(await names()).not.toContain('Mallory')
  })

  test('write nothing past a plugin whose code is not there', async () => {
    await expect(create('Bob', '')).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' })
    expect(await names()).not.toContain('Bob')
  })
})
