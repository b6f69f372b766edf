import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { eventually, pluginFolder, pluginNamed, refusedStep, step, type WrittenPlugin } from './kit.ts'

const READ_ACCOUNT = { capabilities: { modules: { account: ['READ'] } } }
const CREATE = 'mutation ($name: String!) { createAccount(input: {name: $name}) { account { id } } }'

/** Plugins that cannot be enabled: what is wrong with each, and a word of the refusal. */
const REFUSED: readonly (readonly [what: string, word: RegExp, plugin: WrittenPlugin])[] = [
  ['throws at start', /cannot be loaded: it breaks/, { name: 'throws', prelude: `throw new Error('it breaks')` }],
  ['is no JavaScript', /cannot be loaded/, { name: 'syntax', prelude: 'this is no code' }],
  [
    'has a name of the prototype in its manifest',
    /__proto__/,
    { name: 'proto', raw: '{"name":"guanxi-proto","version":"1.0.0","guanxi":{"name":"proto","apiVersion":"^1.0.0","__proto__":{}}}' },
  ],
  [
    'has a module named __proto__',
    /prefix|__proto__/,
    { name: 'protomodule', definition: `modules: [{ name: '__proto__', pluralName: 'protos', fields: [] }]` },
  ],
  [
    'has a field named constructor',
    /reserved/i,
    { name: 'ctor', definition: `modules: [{ name: 'ctor', pluralName: 'ctors', fields: [{ name: 'constructor', type: 'TEXT' }] }]` },
  ],
  [
    'refers to a module that is not there',
    /builds on nowhere, which is no module here \(the reference astray\.where\)/,
    {
      name: 'astray',
      definition: `modules: [{ name: 'astray', pluralName: 'astrays', nameField: 'x', fields: [{ name: 'x', type: 'TEXT' }, { name: 'where', type: 'REFERENCE', reference: { module: 'nowhere' } }] }]`,
    },
  ],
  ['is written for another API', /version \^9\.0\.0 of the plugin API/, { name: 'future', manifest: { apiVersion: '^9.0.0' } }],
  ['needs a plugin that is not there', /needs the plugin nowhere/, { name: 'lonely', manifest: { dependsOn: { nowhere: '^1.0.0' } } }],
  ['stands in a circle', /circle: circle-a → circle-b → circle-a/, { name: 'circle-a', manifest: { dependsOn: { 'circle-b': '^1.0.0' } } }],
  ['judges a module that it has no capability for', /no capability to READ/, { name: 'undeclared', definition: `guards: [{ module: 'account', run() {} }]` }],
  [
    'follows events that it has no capability for',
    /for whose events/,
    { name: 'listens', definition: `events: [{ name: 'x', modules: ['account'], run() {} }]` },
  ],
  ['has jobs without the capability', /jobs without/, { name: 'works', definition: `jobs: [{ name: 'x', run() {} }]` }],
  ['asks for a host that is none', /network/, { name: 'reaches', manifest: { capabilities: { network: ['127.0.0.1'] } } }],
  [
    'brings a type of the product',
    /type Money, which is taken/,
    { name: 'clash', definition: `graphql: { types: 'type Money { x: Int } extend type Query { clashX: Money }', Query: { clashX: () => null } }` },
  ],
  [
    'brings a root field of the product',
    /query accounts, which is taken/,
    { name: 'rootclash', definition: `graphql: { types: 'extend type Query { accounts: Int }', Query: { accounts: () => 1 } }` },
  ],
  ['reaches into a type of the product', /extend User/, { name: 'extends', definition: `graphql: { types: 'extend type User { secret: String }' }` }],
  [
    'names a type that is not there',
    /names the type Nothing/,
    { name: 'lost', definition: `graphql: { types: 'extend type Query { lostX: Nothing }', Query: { lostX: () => 1 } }` },
  ],
  [
    'brings a module outside of its prefix',
    /prefix/,
    { name: 'grabs', definition: `modules: [{ name: 'invoiceThing', pluralName: 'invoiceThings', fields: [] }]` },
  ],
  [
    'brings a field that is there',
    /account has a field named name/,
    {
      name: 'fieldclash',
      manifest: READ_ACCOUNT,
      definition: `capabilities: { modules: { account: ['READ'] } }, fields: [{ module: 'account', name: 'name', type: 'TEXT' }]`,
    },
  ],
  [
    'demands a field of others',
    /cannot be required/,
    { name: 'demands', manifest: READ_ACCOUNT, definition: `fields: [{ module: 'account', name: 'demanded', type: 'TEXT', required: true }]` },
  ],
  ['says another version than its package', /its code says version/, { name: 'liar', prelude: '', definition: `version: '2.0.0'` }],
  ['has other capabilities in its code', /other capabilities/, { name: 'twofaced', definition: `capabilities: { system: true }` }],
  ['fails at its beginning', /taken out of service/, { name: 'stumbles', definition: `lifecycle: { onEnable() { throw new Error('no start') } }` }],
]

/** Each attack by a plugin meets its refusal or containment, and the rest of the server goes on. */
describe('a hostile plugin', () => {
  const folder = pluginFolder()
  let server: TestServer
  let admin: TestClient

  beforeAll(async () => {
    const written = REFUSED.map(([, , plugin]) => folder.write(plugin))
    const others: WrittenPlugin[] = [
      { name: 'circle-b', manifest: { dependsOn: { 'circle-a': '^1.0.0' } } },
      {
        name: 'breaks',
        manifest: READ_ACCOUNT,
        definition: `before: [{ module: 'account', budget: 200, run(changes) {
          if (changes.some(({ after }) => after.name.startsWith('throw'))) throw new Error('a secret of the plugin at /etc/passwd')
          if (changes.some(({ after }) => after.name.startsWith('hang'))) return new Promise(() => {})
        } }]`,
      },
      {
        name: 'stalls',
        manifest: { capabilities: { modules: { productCategory: ['READ'] } } },
        definition: `guards: [{ module: 'productCategory', budget: 2000, run: () => new Promise(() => {}) }]`,
      },
      {
        name: 'pries',
        manifest: {
          capabilities: { modules: { contact: ['READ', 'UPDATE'] }, fields: { 'contact.wechat': 'READ', 'contact.gender': 'WRITE' }, system: true },
        },
        prelude: `const said = (work) => work().then((value) => value ?? 'done', (error) => error.code ?? error.message)`,
        definition: `graphql: {
            types: 'extend type Query { priesRead(id: ID!): JSON priesFilter(id: ID!): JSON } extend type Mutation { priesWrite(id: ID!, field: String!): JSON }',
            Query: {
              priesRead: async ({ id }, { asSystem }) => (await asSystem('to look')).get('contact', id, ['name', 'mobile', 'wechat', 'gender']),
              priesFilter: async ({ id }, { asSystem }) => { const all = await asSystem('to guess'); return said(() => all.count('contact', { mobile: { isNull: false } })) },
            },
            Mutation: { priesWrite: async ({ id, field }, { asSystem }) => { const all = await asSystem('to change'); return said(() => all.change((changes) => changes.update('contact', [{ id, values: { [field]: field === 'gender' ? 'female' : 'x' } }]))) } },
          },
          after: [{ module: 'contact', on: ['UPDATED'], run: async ([{ id, after }], { asSystem, derived }) => {
            if (derived || !after.name.startsWith('in a hook: ')) return
            const all = await asSystem('to look, too')
            const [image] = [...(await all.lock('contact', [id])).values()]
            const read = await all.get('contact', id, ['mobile', 'wechat'])
            globalThis.guanxiPried = [image.mobile, image.wechat?.length > 0, read.mobile, read.wechat?.length > 0]
            const field = after.name.slice(11)
            await all.update('contact', [{ id, values: { [field]: field === 'gender' ? 'male' : null } }])
          } }],`,
      },
      {
        name: 'late',
        manifest: { capabilities: { modules: { contact: ['READ'] } } },
        definition: `before: [{ module: 'contact', budget: 100, async run(changes, context) {
          globalThis.guanxiLate = new Promise((resolve) => setTimeout(resolve, 400)).then(() => context.records.find('contact')).then(() => 'read', (error) => error.message)
          await new Promise(() => {})
        } }]`,
      },
      {
        name: 'curious',
        manifest: { capabilities: { modules: { task: ['READ'] } } },
        definition: `guards: [{ module: 'task', async run(changes, context) { await context.records.find('account') } }]`,
      },
      {
        name: 'sly',
        manifest: { capabilities: { modules: { lead: ['READ'] } } },
        definition: `before: [{ module: 'lead', async run(changes, context) {
          for (const change of changes) if (change.after.company === 'set') change.set('status', 'qualified')
          for (const change of changes) if (change.after.company === 'system') await context.asSystem('because')
          for (const change of changes) if (change.after.company === 'mutate') change.after.company = 'mutated'
        } }]`,
      },
      {
        name: 'floods',
        manifest: { capabilities: { modules: { product: ['READ'] } } },
        definition: `guards: [{ module: 'product', run(changes, { log }) { for (let i = 0; i < 100000; i += 1) log.warn('line ' + i) } }]`,
      },
    ]
    server = await startTestServer({ environment: { PLUGIN_PATHS: [...written, ...others.map(folder.write)].join(',') } })
    admin = server.admin
  }, 60_000)
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test.each(REFUSED)('that %s is not enabled, and leaves nothing behind', async (_what, word, { name }) => {
    const before = await admin.data('{ schemaVersion customModules { name } customFields { name } }')
    const error = await refusedStep(admin, 'enablePlugin', name)
    expect(error?.message ?? (await pluginNamed(admin, name))?.lastError).toMatch(word)
    expect(['VALIDATION_FAILED', 'DUPLICATE', 'NOT_FOUND', 'PLUGIN_UNAVAILABLE']).toContain(error?.extensions.code)
    const after = await admin.data('{ schemaVersion customModules { name } customFields { name } accounts { totalCount } }')
    expect([after.customModules, after.customFields]).toEqual([before.customModules, before.customFields])
    const shown = await pluginNamed(admin, name)
    expect(shown === undefined || shown.state === (name === 'stumbles' || shown.version === null ? 'quarantined' : 'installed')).toBe(true)
  })

  test('that throws or hangs in a hook refuses the write that it judges, tells the client nothing, and is not called for a while', async () => {
    await step(admin, 'enablePlugin', 'breaks')
    await admin.data(CREATE, { name: 'fine' })
    const thrown = await admin.send(CREATE, { name: 'throw 1' })
    expect(codesOf(thrown)).toEqual(['PLUGIN_UNAVAILABLE'])
    expect(JSON.stringify(thrown)).not.toMatch(/passwd|secret/)
    const began = performance.now()
    expect(codesOf(await admin.send(CREATE, { name: 'hang 1' }))).toEqual(['PLUGIN_UNAVAILABLE'])
    expect(performance.now() - began).toBeLessThan(3_000)
    for (const name of ['throw 2', 'throw 3', 'throw 4']) await admin.send(CREATE, { name })
    // The circuit is open: nothing of the account is written, others do not notice.
    expect(codesOf(await admin.send(CREATE, { name: 'fine, too' }))).toEqual(['PLUGIN_UNAVAILABLE'])
    await admin.data('mutation { createTag(input: {name: "others go on"}) { tag { id } } }')
    expect((await admin.data('{ accounts { nodes { name } } }')).accounts.nodes).toEqual([{ name: 'fine' }])
    await eventually(async () => /a secret of the plugin|more than 200 ms/.test((await pluginNamed(admin, 'breaks')).lastError))
    await step(admin, 'disablePlugin', 'breaks')
    await admin.data(CREATE, { name: 'fine again' })
  })

  test('that hangs takes few connections with it, however many write at once, and others are answered meanwhile', async () => {
    await step(admin, 'enablePlugin', 'stalls')
    const write = (index: number) =>
      admin.send('mutation ($name: String!) { createProductCategory(input: {name: $name}) { productCategory { id } } }', { name: `c ${index}` })
    const stalled = Array.from({ length: 3 }, (_, index) => write(index))
    await new Promise((resolve) => setTimeout(resolve, 700))
    const began = performance.now()
    const more = await Promise.all(Array.from({ length: 20 }, (_, index) => write(100 + index)))
    expect(more.map((answer) => codesOf(answer)[0])).toEqual(more.map(() => 'PLUGIN_UNAVAILABLE'))
    await admin.data('mutation { createTag(input: {name: "meanwhile"}) { tag { id } } }')
    expect(performance.now() - began).toBeLessThan(1_300)
    expect((await Promise.all(stalled)).map((answer) => codesOf(answer)[0])).toEqual(stalled.map(() => 'PLUGIN_UNAVAILABLE'))
    await step(admin, 'disablePlugin', 'stalls')
  })

  test('that goes on after its time finds that what it was handed is over', async () => {
    await step(admin, 'enablePlugin', 'late')
    expect(codesOf(await admin.send('mutation { createContact(input: {name: "x"}) { contact { id } } }'))).toEqual(['PLUGIN_UNAVAILABLE'])
    expect(await (globalThis as { guanxiLate?: Promise<string> }).guanxiLate).toMatch(/after the call/)
    await step(admin, 'disablePlugin', 'late')
  })

  test('that reads or writes beyond its capabilities is refused, whoever it works for', async () => {
    await step(admin, 'enablePlugin', 'curious')
    expect(codesOf(await admin.send('mutation { createTask(input: {title: "x"}) { task { id } } }'))).toEqual(['FORBIDDEN'])
    await step(admin, 'enablePlugin', 'sly')
    const lead = (company: string) =>
      admin.send('mutation ($company: String!) { createLead(input: {name: "x", company: $company}) { lead { company } } }', { company })
    const answers = [await lead('set'), await lead('system'), await lead('mutate'), await lead('none')]
    expect(answers.map((answer) => codesOf(answer)[0] ?? answer.data.createLead.lead.company)).toEqual(['FORBIDDEN', 'FORBIDDEN', 'PLUGIN_UNAVAILABLE', 'none'])
    for (const name of ['curious', 'sly']) await step(admin, 'disablePlugin', name)
  })

  test('that goes beyond the rights of a user has of sensitive fields what its manifest names, and nothing else', async () => {
    await step(admin, 'enablePlugin', 'pries')
    const input = { name: 'Private', mobile: '+12025550147', wechat: 'wx-private' }
    const { createContact } = await admin.data('mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }', { input })
    const { id } = createContact.contact
    const { priesRead, priesFilter } = await admin.data('query ($id: ID!) { priesRead(id: $id) priesFilter(id: $id) }', { id })
    expect(priesRead).toEqual({ id, name: 'Private', mobile: null, wechat: 'wx-private', gender: null })
    expect(priesFilter).toMatch(/FORBIDDEN|VALIDATION_FAILED/)
    const write = async (field: string) =>
      (await admin.data('mutation ($id: ID!, $field: String!) { priesWrite(id: $id, field: $field) }', { id, field })).priesWrite
    expect([await write('mobile'), await write('wechat'), await write('gender')]).toEqual([
      expect.stringMatching(/FORBIDDEN|VALIDATION_FAILED/),
      expect.stringMatching(/FORBIDDEN|VALIDATION_FAILED/),
      'done',
    ])
    const inHook = async (field: string) =>
      codesOf(
        await admin.send('mutation ($id: ID!, $name: String!) { updateContact(id: $id, input: {name: $name}) { changeSetId } }', {
          id,
          name: `in a hook: ${field}`,
        }),
      )
    expect(await inHook('mobile')).toEqual(['FORBIDDEN'])
    expect((globalThis as { guanxiPried?: unknown }).guanxiPried).toEqual([null, true, null, true])
    expect(await inHook('wechat')).toEqual(['FORBIDDEN'])
    expect(await inHook('gender')).toEqual([])
    const { contact } = await admin.data('query ($id: ID!) { contact(id: $id) { name mobile { e164 } wechat gender } }', { id })
    expect(contact).toEqual({ name: 'in a hook: gender', mobile: { e164: '+12025550147' }, wechat: 'wx-private', gender: 'male' })
    await step(admin, 'disablePlugin', 'pries')
  })

  test('that floods the log is cut off, and the write goes on', async () => {
    await step(admin, 'enablePlugin', 'floods')
    const answer = await admin.send('mutation { createProduct(input: {name: "x", sku: "x"}) { product { id } } }')
    expect(answer.errors).toEqual([])
    await step(admin, 'disablePlugin', 'floods')
  })

  test('that is not named does not exist', async () => {
    expect((await refusedStep(admin, 'enablePlugin', "x'; DROP TABLE plugin; --"))?.extensions.code).toBe('NOT_FOUND')
    expect((await refusedStep(admin, 'enablePlugin', '__proto__'))?.extensions.code).toBe('NOT_FOUND')
    expect((await refusedStep(admin, 'disablePlugin', 'constructor'))?.extensions.code).toBe('NOT_FOUND')
    expect(issuesOf(await admin.send('mutation { updatePluginSettings(name: "toString", settings: {}) { plugin { name } } }'))).toEqual(['name: PLUGIN'])
  })
})
