import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TestClient } from '../support/client.ts'
import { codesOf } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { pluginFolder, pluginNamed, step } from './kit.ts'

const SET = 'mutation ($settings: JSON!) { updatePluginSettings(name: "set", settings: $settings) { plugin { settings } } }'
const CREATE = 'mutation ($name: String!) { createAccount(input: {name: $name}) { account { id } } }'

describe('settings of a plugin', () => {
  const folder = pluginFolder()
  let server: TestServer
  let admin: TestClient
  const write = (version: string, fits: string) =>
    folder.write({
      name: 'set',
      version,
      prelude: `import { z } from 'zod'\nconst secret = { secret: true }`,
      manifest: { capabilities: { modules: { account: ['READ'] } } },
      definition: `
        settings: z.object({
          least: z.number().default(1), most: z.number().default(10),
          before: z.string().meta(secret).default(''), behind: z.string().default('').meta(secret), perhaps: z.string().meta(secret).optional(),
          inner: z.object({ host: z.string().default(''), key: z.string().meta(secret).default('') }).default({ host: '', key: '' }),
          list: z.array(z.object({ host: z.string(), key: z.string().meta(secret) })).default([]),
          byName: z.record(z.string(), z.union([z.number(), z.string().meta(secret)])).default({}),
        })${fits},
        guards: [{ module: 'account', run(changes, { settings }) { for (const change of changes) if (change.after.name === 'tell') change.refuse('name', 'TOLD', settings.least + ' to ' + settings.most) } }],`,
    })

  beforeAll(async () => {
    server = await startTestServer({ environment: { PLUGIN_PATHS: write('1.0.0', '') } })
    admin = server.admin
    await step(admin, 'enablePlugin', 'set')
  })
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test('that are secret are not told, however their schema says so', async () => {
    const given = {
      before: 'hush',
      behind: 'hush',
      perhaps: 'hush',
      inner: { host: 'a', key: 'hush' },
      list: [{ host: 'b', key: 'hush' }],
      byName: { one: 1, two: 'hush' },
    }
    const { settings } = (await admin.data(SET, { settings: given })).updatePluginSettings.plugin
    expect(settings).toEqual({ least: 1, most: 10, inner: { host: 'a' }, list: [{ host: 'b' }], byName: {} })
    expect(JSON.stringify(await pluginNamed(admin, 'set'))).not.toContain('hush')
  })

  test('that two set at the same time are both kept', async () => {
    await Promise.all([admin.data(SET, { settings: { least: 20 } }), admin.data(SET, { settings: { most: 15 } })])
    expect((await pluginNamed(admin, 'set')).settings).toMatchObject({ least: 20, most: 15 })
  })

  test('that a later version does not take together give way to its defaults, and the server serves', async () => {
    write('2.0.0', `.refine(({ least, most }) => least <= most, 'least is above most')`)
    expect(await step(admin, 'upgradePlugin', 'set')).toMatchObject({ state: 'enabled', version: '2.0.0' })
    const { errors } = await admin.send(CREATE, { name: 'tell' })
    expect(errors[0]?.message).toBe('1 to 10')
    expect(codesOf(await admin.send(CREATE, { name: 'written' }))).toEqual([])
    expect((await pluginNamed(admin, 'set')).settings).toMatchObject({ least: 1, most: 10 })
  })
})
