import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { pluginFolder, pluginNamed, refusedStep, step } from './kit.ts'

/** A plugin in a folder, outside of everything that is installed. */
describe('what the code of a plugin imports', () => {
  const folder = pluginFolder()
  let server: TestServer
  let admin: TestClient

  const write = (name: string, code: string, version = '1.0.0') => {
    const path = folder.write({ name, version })
    writeFileSync(join(path, 'index.js'), code)
    return path
  }
  const whole = (version: string) => `
    import { definePlugin, FetchRefusal, Refusal } from 'guanxi/plugin'
    import { z } from 'zod'
    export default definePlugin({
      name: 'whole', version: '${version}', apiVersion: '^1.0.0', settings: z.object({ size: z.number().int().default(3) }),
      graphql: { types: 'extend type Query { wholeSize: Int }', Query: { wholeSize: (args, { settings }) => { if (settings.size > 9) throw new Refusal('LIMIT_EXCEEDED', 'too large'); return settings.size } } },
    })`

  beforeAll(async () => {
    const own = write(
      'own',
      `import { mark } from 'guanxi/plugin'
      export default { [Symbol.for('guanxi.plugin')]: true, name: 'own', version: '1.0.0', apiVersion: '^1.0.0', graphql: { types: 'extend type Query { ownMark: String }', Query: { ownMark: () => mark } } }`,
    )
    mkdirSync(join(own, 'node_modules', 'guanxi'), { recursive: true })
    writeFileSync(
      join(own, 'node_modules', 'guanxi', 'package.json'),
      JSON.stringify({ name: 'guanxi', type: 'module', exports: { './plugin': './plugin.js' } }),
    )
    writeFileSync(join(own, 'node_modules', 'guanxi', 'plugin.js'), `export const mark = 'its own copy'`)
    const paths = [
      write('whole', whole('1.0.0')),
      own,
      write('lacks', `import 'left-pad-of-nobody'\nexport default {}`),
      write('reaches', `import 'guanxi/dist/app.js'\nexport default {}`),
    ]
    server = await startTestServer({ environment: { PLUGIN_PATHS: paths.join(',') } })
    admin = server.admin
  })
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test('guanxi/plugin and zod come from the server, also after an upgrade', async () => {
    await step(admin, 'enablePlugin', 'whole')
    expect(await admin.data('{ wholeSize }')).toEqual({ wholeSize: 3 })
    expect((await pluginNamed(admin, 'whole')).settingsSchema.properties.size).toMatchObject({ type: 'integer', default: 3 })
    write('whole', whole('1.1.0'), '1.1.0')
    await step(admin, 'upgradePlugin', 'whole')
    await admin.data('mutation { updatePluginSettings(name: "whole", settings: {size: 10}) { plugin { name } } }')
    const { errors } = await admin.send('{ wholeSize }')
    expect(errors[0]).toMatchObject({ message: 'too large', extensions: { code: 'LIMIT_EXCEEDED' } })
  })

  test('what it has installed itself goes first', async () => {
    await step(admin, 'enablePlugin', 'own')
    expect(await admin.data('{ ownMark }')).toEqual({ ownMark: 'its own copy' })
  })

  test('what is nowhere is named, with the way out', async () => {
    const error = await refusedStep(admin, 'enablePlugin', 'lacks')
    expect(error?.message).toMatch(/left-pad-of-nobody.*npm install/)
    expect((await refusedStep(admin, 'enablePlugin', 'reaches'))?.message).toMatch(/guanxi/)
  })
})
