import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { pluginFolder, step } from '../plugins/kit.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { ask } from './speaking.ts'

const folder = pluginFolder()
let server: TestServer

/** A plugin whose refusals are in both languages, in one alone, or nonsense. */
const SPEAKING = {
  name: 'speaking',
  manifest: { capabilities: { modules: { account: ['READ', 'UPDATE'] } } },
  prelude: `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
const both = { en: 'Said {0}.', 'zh-CN': '已说 {0}。' }
class Refusal extends Error {
  constructor(code, text, issues = []) { super(text.en ?? text); this[Symbol.for('guanxi.plugin.refusal')] = true; this.code = code; this.text = text; this.issues = issues }
}`,
  definition: `
    settings: z.object({
      most: z.number().max(10).default(5),
      zone: z.string().refine((zone) => zone === 'UTC', { message: 'is no zone', params: { text: { en: 'is no zone', 'zh-CN': '不是时区' } } }).default('UTC'),
    }),
    validations: [{ module: 'account', field: 'name', code: 'RULE', check: ({ name }) => (name === 'rule' ? both : name === 'plain' ? 'In one language.' : name === 'odd' ? { de: 'Nur deutsch' } : null) }],
    guards: [{ module: 'account', run: (changes) => {
      for (const change of changes) {
        if (change.after.name === 'guard') change.refuse('name', 'GUARD', both)
        if (change.after.name === 'issues') throw new Refusal('VALIDATION_FAILED', both, [{ path: ['input', 'name'], code: 'ISSUE', message: both }])
        if (change.after.name === 'forbidden') throw new Refusal('FORBIDDEN', both)
        if (change.after.name === 'long') change.refuse('name', 'LONG', { en: 'x'.repeat(5000), 'zh-CN': '长'.repeat(5000) })
      }
    } }],`,
}

beforeAll(async () => {
  const path = folder.write(SPEAKING)
  server = await startTestServer({ environment: { PLUGIN_PATHS: path } })
  await step(server.admin, 'enablePlugin', 'speaking')
})

afterAll(async () => {
  await server.close()
  folder.remove()
})

const speak = (header: string, query: string) => ask('http', { url: server.url, token: server.admin.token, header }, query)

describe('what a plugin tells', () => {
  const create = async (name: string, header: string) => {
    const { errors } = await speak(header, `mutation { createAccount(input: {name: "${name}"}) { account { id } } }`)
    return errors[0]
  }

  test.each([
    ['rule', 'Said {0}.', '已说 {0}。'],
    ['guard', 'Said {0}.', '已说 {0}。'],
    ['issues', 'Said {0}.', '已说 {0}。'],
    ['forbidden', 'Said {0}.', '已说 {0}。'],
    ['plain', 'In one language.', 'In one language.'],
    ['odd', 'A plugin refuses this, and does not say why.', '某个插件拒绝了此操作，但未说明原因。'],
    ['long', 'x'.repeat(1_000), '长'.repeat(1_000)],
  ])('%s', async (name, en, zh) => {
    expect([(await create(name, 'en'))?.message, (await create(name, 'zh'))?.message]).toEqual([en, zh])
  })

  test('of settings: its own texts, and those of the library', async () => {
    const set = async (settings: string, header: string) => {
      const { errors } = await speak(header, `mutation { updatePluginSettings(name: "speaking", settings: ${settings}) { plugin { name } } }`)
      return ((errors[0]?.extensions['issues'] ?? []) as { path: unknown[]; message: string }[]).map(({ path, message }) => `${path.join('.')}: ${message}`)
    }
    expect(await set('{most: 11, zone: "Mars", other: 1}', 'en')).toEqual([
      'settings.other: There is no setting named other.',
      'settings.most: Too big: expected number to be <=10',
      'settings.zone: is no zone',
    ])
    expect(await set('{most: 11, zone: "Mars", other: 1}', 'zh')).toEqual([
      'settings.other: 没有名为 other 的设置。',
      'settings.most: 数值过大：期望 number <=10',
      'settings.zone: 不是时区',
    ])
  })

  test('about its own state is told to administrators in their language', async () => {
    const again = async (header: string) => (await speak(header, 'mutation { purgePlugin(name: "speaking") { plugin { name } } }')).errors[0]?.message
    expect(await again('en')).toBe('The plugin speaking is enabled. Uninstall it first; its data stays until it is purged.')
    expect(await again('zh')).toBe('插件 speaking 的状态为 enabled。请先卸载；其数据会保留至清除为止。')
  })
})

describe('the plugins that come with the product', () => {
  test('refuse in the language of the request', async () => {
    for (const name of ['contracts', 'projects']) await step(server.admin, 'enablePlugin', name)
    const { createAccount } = await server.admin.data('mutation { createAccount(input: {name: "Party"}) { account { id } } }')
    const contract = `mutation { createContract(input: {title: "C", account: {id: "${createAccount.account.id}"}, startsAt: "2026-02-01", endsAt: "2026-01-01"}) { contract { id } } }`
    expect((await speak('en', contract)).errors[0]?.message).toBe('endsAt must not be before startsAt.')
    expect((await speak('zh', contract)).errors[0]?.message).toBe('endsAt 不得早于 startsAt。')
    const project = 'mutation { createProject(input: {name: "P", startsOn: "2026-02-01", endsOn: "2026-01-01"}) { project { id } } }'
    expect((await speak('en', project)).errors[0]?.message).toBe('endsOn must not be before startsOn, 2026-02-01.')
    expect((await speak('zh', project)).errors[0]?.message).toBe('endsOn 不得早于 startsOn（2026-02-01）。')
  })
})
