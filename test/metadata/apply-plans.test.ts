import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Field {
  readonly name: string
  readonly [member: string]: unknown
}
interface Module {
  readonly name: string
  readonly fields: readonly Field[]
  readonly [member: string]: unknown
}
interface Step {
  readonly action: string
  readonly module: string
  readonly field: string | null
  readonly issues: readonly { readonly path: readonly (string | number)[]; readonly code: string }[]
  readonly touches: readonly { readonly kind: string; readonly name: string; readonly blocking: boolean }[]
}

const APPLY = `mutation Apply($input: [ModuleStateInput!]!, $dryRun: Boolean! = false) { answer: applyMetadata(input: $input, dryRun: $dryRun) {
  plan { action module field changes touches { kind name detail blocking } unconvertible { count examples } issues { path code message } } applied schemaVersion } }`

const refusals = (plan: readonly Step[]) => plan.flatMap(({ issues }) => issues.map(({ path, code }) => `${path.join('.')}: ${code}`))
const text = (name: string, more: object = {}): Field => ({ name, type: 'TEXT', ...more })
const number = (name: string, more: object = {}): Field => ({ name, type: 'DECIMAL', ...more })
const formula = (name: string, expression: string): Field => ({ name, type: 'FORMULA', formula: expression })
const module = (name: string, fields: readonly Field[], more: object = {}): Module => ({ name, pluralName: `${name}s`, fields, ...more })

describe('one state after another', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server?.close())

  const apply = async (input: readonly Module[]): Promise<readonly Step[]> => (await server.admin.data(APPLY, { input })).answer.plan
  const planOf = async (input: readonly Module[]): Promise<readonly Step[]> => {
    const before = await contentOf(server.database.url)
    const { plan } = (await server.admin.data(APPLY, { input, dryRun: true })).answer
    expect(await contentOf(server.database.url)).toEqual(before)
    return plan
  }
  /** Applies both and reads formulas as they are told in the end. */
  const formulasAfter = async (first: readonly Module[], second: readonly Module[]) => {
    await apply(first)
    expect(refusals(await planOf(second))).toEqual([])
    await apply(second)
    const { customFields } = await server.admin.data('{ customFields { module name formula aliases } }')
    return Object.fromEntries(customFields.flatMap(({ module: owner, name, formula: said }: Field) => (said ? [[`${owner}.${name}`, said]] : [])))
  }

  test('a field leaves while the formula over it changes', async () => {
    const first = [module('bid', [text('name'), number('price'), number('net'), formula('gross', 'net * 1.19')])]
    const second = [module('bid', [text('name'), number('price'), formula('gross', 'price * 1.19')])]
    expect(await formulasAfter(first, second)).toEqual({ 'bid.gross': 'price * 1.19' })
  })

  test('a rename comes together with a new formula that uses the new name', async () => {
    const first = [module('bid', [text('name'), number('a')])]
    const second = [module('bid', [text('name'), number('b', { was: 'a' }), formula('twice', 'b * 2')])]
    expect(await formulasAfter(first, second)).toEqual({ 'bid.twice': 'b * 2' })
  })

  test('two fields change names, and two formulas who uses whom', async () => {
    const first = [module('bid', [text('name'), number('a'), text('b'), formula('f', 'g + 1'), formula('g', 'a')])]
    const second = [module('bid', [text('name'), text('a', { was: 'b' }), number('b', { was: 'a' }), formula('g', 'f + 1'), formula('f', 'b * 3')])]
    await apply(first)
    await server.admin.data('mutation { createBid(input: {name: "x", a: "7", b: "seven"}) { bid { id } } }')
    expect(await formulasAfter(first, second)).toEqual({ 'bid.g': 'f + 1', 'bid.f': 'b * 3' })
    const { bids } = await server.admin.data('{ bids { nodes { a b f g } } }')
    expect(bids.nodes).toEqual([{ a: 'seven', b: '7', f: '21', g: '22' }])
    // The first again, without a word on renames: types cannot follow.
    expect(refusals(await planOf(first))).toContain('input.0.fields.1.type: CONVERSION')
  })

  test('a formula changes its type together with what is computed from it', async () => {
    const first = [module('bid', [text('name'), number('a'), formula('f', 'a + 1'), formula('g', 'f * 2')])]
    const second = [module('bid', [text('name'), number('a'), formula('g', 'f & "!"'), formula('f', 'name & "?"')])]
    await apply([])
    expect(await formulasAfter(first, second)).toEqual({ 'bid.g': 'f & "!"', 'bid.f': 'name & "?"' })
    await server.admin.data('mutation { createBid(input: {name: "x"}) { bid { id } } }')
    expect((await server.admin.data('{ bids { nodes { f g } } }')).bids.nodes).toEqual([{ f: 'x?', g: 'x?!' }])
  })

  test('a field changes its name and type at once, with its values and what is computed from it', async () => {
    await apply([])
    await apply([module('bid', [text('name'), number('a', { indexed: true }), formula('f', 'a + 1')])])
    await server.admin.data('mutation { createBid(input: {name: "x", a: "7.5"}) { bid { id } } }')
    const next = [
      module('bid', [text('name'), text('b', { was: 'a', indexed: true, required: true, default: 'none' }), { ...formula('f', 'b & "!"'), indexed: true }]),
    ]
    expect(refusals(await planOf(next))).toEqual([])
    const plan = await apply(next)
    expect(plan.map(({ field }) => field)).toEqual(['a', 'f'])
    expect((await server.admin.data('{ bids(filter: {f: {eq: "7.5!"}}) { nodes { a b f } } }')).bids.nodes).toEqual([{ a: '7.5', b: '7.5', f: '7.5!' }])
    expect((await server.admin.data('{ customFields { name aliases state } }')).customFields).toEqual([
      { name: 'name', aliases: [], state: 'ready' },
      { name: 'b', aliases: ['a'], state: 'ready' },
      { name: 'f', aliases: [], state: 'ready' },
    ])
  })

  test('a list goes from one field to another, and its name to a field', async () => {
    const leads = (name: string, inverseName: string): Field => ({ name, type: 'REFERENCE', reference: { module: 'account', inverseName } })
    await apply([])
    await apply([module('bid', [text('name'), leads('buyer', 'bought'), leads('seller', 'sold')])])
    const second = [module('bid', [text('name'), leads('buyer', 'sold'), leads('seller', 'deals')]), { name: 'account', fields: [text('bought')] }]
    expect(refusals(await planOf(second))).toEqual([])
    await apply(second)
    const { createAccount } = await server.admin.data('mutation { createAccount(input: {name: "海", bought: "text"}) { account { id } } }')
    await server.admin.data(`mutation { createBid(input: {name: "x", buyer: {id: "${createAccount.account.id}"}}) { bid { id } } }`)
    const { accounts } = await server.admin.data('{ accounts { nodes { bought sold { totalCount } deals { totalCount } } } }')
    expect(accounts.nodes).toEqual([{ bought: 'text', sold: { totalCount: 1 }, deals: { totalCount: 0 } }])
  })

  test('modules that lead to each other leave together, and one of their names comes again', async () => {
    const leads = (to: string, inverseName: string): Field => ({ name: 'other', type: 'REFERENCE', reference: { module: to, inverseName } })
    await apply([module('left', [text('name'), leads('right', 'lefts2')]), module('right', [text('name'), leads('left', 'rights2')])])
    await apply([{ name: 'centre', pluralName: 'lefts', fields: [text('name')] }])
    expect((await server.admin.data('{ lefts { totalCount } customModules { name } }')).customModules).toEqual([{ name: 'centre' }])
  })

  test('a module has its fields and no others, whatever its kind', async () => {
    await apply([{ name: 'reunion', pluralName: 'reunions', kind: 'event', nameField: 'topic', fields: [text('topic', { requiredWhen: 'topic != "x"' })] }])
    const { customFields, customModules } = await server.admin.data('{ customFields { module name } customModules { name kind nameField } }')
    expect(customFields).toEqual([{ module: 'reunion', name: 'topic' }])
    expect(customModules).toEqual([{ name: 'reunion', kind: 'event', nameField: 'topic' }])
  })

  test('a field that is computed from itself is refused, by itself and by way of another', async () => {
    const circle = [module('bid', [text('name'), formula('f', 'g + 1'), formula('g', 'f + 1'), formula('fine', '1 + 1')])]
    expect(refusals(await planOf(circle))).toEqual(['input.0.fields.1.formula: CYCLE', 'input.0.fields.2.formula: CYCLE'])
    expect(issuesOf(await server.admin.send(APPLY, { input: circle }))).toEqual(['input.0.fields.1.formula: CYCLE'])
  })

  test('a plan tells what stands against each step, and a change is refused for it', async () => {
    await apply([])
    await apply([module('item', [text('name'), text('code'), number('size'), text('gone'), formula('twice', 'size * 2')])])
    const items = ['{name: "x", code: "1", size: "1"}', '{name: "y", code: "1"}']
    await server.admin.data(`mutation { createItems(input: [${items.join(', ')}]) { items { id } } }`)
    const blocked = [
      module('item', [
        text('name'),
        text('code', { unique: true }),
        number('size', { required: true }),
        { name: 'twice', type: 'ROLLUP', rollup: { relation: 'none', function: 'COUNT' } },
        text('thrice', { requiredWhen: 'gone = "x"' }),
        { name: 'lost', type: 'REFERENCE', reference: { module: 'account', inverseName: 'name' } },
      ]),
    ]
    const plan = await planOf(blocked)
    expect(plan.map(({ action, module: owner, field }) => `${action} ${owner}.${field}`)).toEqual([
      'REMOVE item.gone',
      'CHANGE item.code',
      'CHANGE item.size',
      'CHANGE item.twice',
      'CREATE item.thrice',
      'CREATE item.lost',
    ])
    expect(refusals(plan)).toEqual([
      'input.0.fields.1.unique: DUPLICATES',
      'input.0.fields.2.required: EMPTY',
      'input.0.fields.3.type: FIXED',
      'input.0.fields.4.requiredWhen: EXPRESSION',
      'input.0.fields.5.reference.inverseName: DUPLICATE',
    ])
    const before = await contentOf(server.database.url)
    expect(codesOf(await server.admin.send(APPLY, { input: blocked }))).toEqual(['VALIDATION_FAILED'])
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('a field or module that leaves is told with the roles, fields and operations that use it', async () => {
    await apply([])
    await apply([
      module('gear', [text('name'), number('teeth'), formula('half', 'teeth / 2')]),
      { name: 'account', fields: [{ name: 'gear', type: 'REFERENCE', reference: { module: 'gear' } }] },
    ])
    await server.admin.data(
      'mutation { createRole(input: {key: "smith", name: "Smith", grants: [{module: "gear", actions: [READ], scope: ALL}]}) { role { key } } }',
    )
    await server.admin.data('query Cogs { gears { nodes { teeth } } }')
    const [, teeth] = await planOf([module('gear', [text('name'), formula('half', '4 / 2')]), { name: 'account', fields: [] }])
    expect(teeth?.touches).toEqual(
      expect.arrayContaining([
        { kind: 'formula', name: 'gear.half', detail: null, blocking: false },
        expect.objectContaining({ kind: 'operation', name: 'Cogs' }),
      ]),
    )
    const all = await planOf([])
    expect(all.map(({ action, module: owner, field }) => `${action} ${owner}.${field}`)).toEqual(['REMOVE account.gear', 'REMOVE gear.null'])
    expect(all[1]?.touches).toEqual(
      expect.arrayContaining([
        { kind: 'reference', name: 'account.gear', detail: null, blocking: false },
        expect.objectContaining({ kind: 'role', name: 'smith' }),
        expect.objectContaining({ kind: 'operation', name: 'Cogs' }),
      ]),
    )
  })

  test('what contradicts itself is refused before anything is looked at, also by a plan', async () => {
    const broken = [
      module('bid', [text('name'), text('name'), { name: 'to', type: 'REFERENCE', reference: { module: 'nowhere' } }]),
      module('bid', []),
      { name: 'account', label: 'Customer', fields: [] },
      { name: 'lonely', fields: [] },
    ]
    for (const dryRun of [true, false])
      expect(issuesOf(await server.admin.send(APPLY, { input: broken, dryRun }))).toEqual([
        'input.0.fields.1.name: REPEATED',
        'input.0.fields.2.reference.module: UNKNOWN',
        'input.1.name: REPEATED',
        'input.2.label: FIXED',
        'input.3.pluralName: REQUIRED',
      ])
  })

  test('where a reference leads is fixed, also while its target leaves', async () => {
    await apply([])
    const lead = (to: string): Module => module('pointer', [text('name'), { name: 'at', type: 'REFERENCE', reference: { module: to } }])
    await apply([lead('goal'), module('goal', [text('name')]), module('aim', [text('name')])])
    const other = [lead('aim'), module('aim', [text('name')])]
    expect(refusals(await planOf(other)).filter((each) => !each.endsWith('IN_USE'))).toEqual(['input.0.fields.1.reference.module: FIXED'])
    expect(issuesOf(await server.admin.send(APPLY, { input: other }))).toEqual(['input.0.fields.1.reference.module: FIXED'])
  })

  test('what waits for a deleted module is no part of a state: it is neither told nor removed, and keeps its name', async () => {
    await apply([])
    await apply([module('crate', [text('name')]), module('shelf', [text('name'), { name: 'holds', type: 'REFERENCE', reference: { module: 'crate' } }])])
    for (const name of ['shelf', 'crate']) await server.admin.data(METADATA.deleteModule, { name })
    await server.admin.data(METADATA.restoreModule, { name: 'shelf' })
    const { exportMetadata } = await server.admin.data('{ exportMetadata }')
    expect(exportMetadata.map(({ fields }: Module) => fields.map(({ name }) => name))).toEqual([['name']])
    expect(await apply(exportMetadata)).toEqual([])
    expect(codesOf(await server.admin.send(METADATA.createField, { input: { module: 'shelf', name: 'holds', type: 'TEXT' } }))).toEqual(['DUPLICATE'])
    await server.admin.data(METADATA.restoreModule, { name: 'crate' })
    expect((await server.admin.data('{ shelfs { nodes { holds { name } } } }')).shelfs.nodes).toEqual([])
  })

  test('a default that is false is a default', async () => {
    await apply([])
    const flag = (more: object): Module[] => [{ name: 'account', fields: [{ name: 'vip', type: 'BOOLEAN', ...more }] }]
    await apply(flag({}))
    expect(await apply(flag({ default: false }))).toHaveLength(1)
    expect((await server.admin.data('{ customFields { default } }')).customFields).toEqual([{ default: false }])
    expect(await apply(flag({}))).toHaveLength(1)
  })

  test('limits hold for what comes out, and a plan tells them', async () => {
    await apply([])
    const unique = (count: number) => Array.from({ length: count }, (_, index) => text(`key${index}`, { unique: true, maxLength: 40 }))
    await apply([module('vault', [text('name'), ...unique(50)])])
    // One key goes and another comes, in the order that would break the limit in between.
    const moved = [...unique(50), text('key50', { unique: true, maxLength: 40 })].map((field) =>
      field.name === 'key49' ? text('key49', { maxLength: 40 }) : field,
    )
    expect(refusals(await planOf([module('vault', [text('name'), ...moved.toReversed()])]))).toEqual([])
    await apply([module('vault', [text('name'), ...moved.toReversed()])])
    const beyond = [module('vault', [text('name'), ...unique(51)])]
    expect(refusals(await planOf(beyond))).toEqual(['input.0: LIMIT_EXCEEDED'])
    expect(codesOf(await server.admin.send(APPLY, { input: beyond }))).toEqual(['LIMIT_EXCEEDED'])
    expect(codesOf(await server.admin.send(METADATA.createField, { input: { module: 'vault', name: 'one', type: 'TEXT', unique: true } }))).toEqual([
      'LIMIT_EXCEEDED',
    ])
    await makeField(server.admin, { module: 'vault', name: 'one', type: 'TEXT' })
  }, 60_000)
})
