import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { changeField, type MadeField, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const OPTIONS = ['draft', 'sent', 'signed', '作废'].map((value) => ({ value }))
const TRANSITIONS = [
  { from: 'draft', to: 'sent' },
  { from: 'sent', to: 'signed' },
  { from: 'sent', to: 'draft' },
]

describe('the choices of a run-time SELECT', () => {
  let server: TestServer
  let field: MadeField

  beforeAll(async () => {
    server = await startTestServer()
    field = await makeField(server.admin, { module: 'account', name: 'phase', type: 'SELECT', options: OPTIONS, transitions: TRANSITIONS })
  })
  afterAll(() => server?.close())

  const UPDATE = 'mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { account { phase } } }'
  async function accountIn(phase: string | null): Promise<string> {
    const input = { name: '阶段', type: 'customer', phase }
    return (await server.admin.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', { input })).createAccount
      .account.id
  }
  const move = (id: string, phase: string | null) => server.admin.send(UPDATE, { id, input: { phase } })

  test('go where a transition leads and nowhere else, from every one to every one', async () => {
    for (const from of OPTIONS.map(({ value }) => value)) {
      for (const to of OPTIONS.map(({ value }) => value)) {
        const id = await accountIn(from)
        const allowed = from === to || TRANSITIONS.some((each) => each.from === from && each.to === to)
        const before = await contentOf(server.database.url)
        const answer = await move(id, to)
        expect([from, to, issuesOf(answer)]).toEqual([from, to, allowed ? [] : ['input.phase: TRANSITION']])
        if (!allowed) expect(await contentOf(server.database.url)).toEqual(before)
      }
    }
  })

  test('begin anywhere, on create and from nothing, and are not cleared to begin anew', async () => {
    for (const { value } of OPTIONS) {
      const id = await accountIn(null)
      expect([value, (await move(id, value)).errors]).toEqual([value, []])
      const before = await contentOf(server.database.url)
      const refused = await move(id, null)
      expect([value, issuesOf(refused)]).toEqual([value, ['input.phase: TRANSITION']])
      expect(refused.errors[0]?.message).toMatch(/^phase cannot go from (draft|sent|signed|作废) to no value\. (From|Nothing follows) /)
      const upsert = `mutation { upsertAccount(by: {id: "${id}"}, input: {phase: null}) { account { id } } }`
      expect(issuesOf(await server.admin.send(upsert))).toEqual(['input.phase: TRANSITION'])
      expect(await contentOf(server.database.url)).toEqual(before)
    }
  })

  test('are cleared, and begin, where transitions from and to no value say so', async () => {
    const transitions = [...TRANSITIONS, { from: null, to: 'draft' }, { from: 'signed', to: null }]
    await changeField(server.admin, field.id, { transitions: [...TRANSITIONS, { to: 'draft' }, { from: 'signed' }] })
    try {
      const { module } = await server.admin.data('{ module(name: "account") { fields { name transitions { from to } } } }')
      expect(module.fields.find(({ name }: { name: string }) => name === 'phase').transitions).toEqual(transitions)
      const create = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }'
      const input = { name: 'x', type: 'customer', phase: 'signed' }
      const before = await contentOf(server.database.url)
      const refused = await server.admin.send(create, { input })
      expect([issuesOf(refused), refused.errors[0]?.message]).toEqual([
        ['input.phase: TRANSITION'],
        'phase cannot begin with signed. From no value it can go to draft.',
      ])
      expect(await contentOf(server.database.url)).toEqual(before)
      const id = await accountIn(null)
      expect(issuesOf(await move(id, 'sent'))).toEqual(['input.phase: TRANSITION'])
      for (const phase of ['draft', 'sent', 'signed', null, 'draft']) expect([phase, (await move(id, phase)).errors]).toEqual([phase, []])
      expect(issuesOf(await move(id, null))).toEqual(['input.phase: TRANSITION'])
      expect(issuesOf(await sendField(server.admin, 'updateField', { id: field.id, input: { transitions: [{ from: null, to: null }] } }))).toEqual([
        'input.transitions.0: REQUIRED',
      ])
    } finally {
      await changeField(server.admin, field.id, { transitions: TRANSITIONS })
    }
  })

  test('are held to the transitions in bulk, in an upsert and inside one operation, all or nothing', async () => {
    const ids = [await accountIn('draft'), await accountIn('signed')]
    const before = await contentOf(server.database.url)
    const updates = ids.map((id) => ({ id, input: { phase: 'sent' } }))
    const bulk = await server.admin.send('mutation ($updates: [AccountUpdateItem!]!) { updateAccounts(updates: $updates) { changeSetId } }', { updates })
    expect(issuesOf(bulk)).toEqual(['updates.1.input.phase: TRANSITION'])
    const upsert = `mutation { upsertAccount(by: {id: "${ids[1]}"}, input: {phase: "draft"}) { account { id } } }`
    expect(issuesOf(await server.admin.send(upsert))).toEqual(['input.phase: TRANSITION'])
    const two = `mutation { a: updateAccount(id: "${ids[0]}", input: {phase: "sent"}) { changeSetId } b: updateAccount(id: "${ids[0]}", input: {phase: "作废"}) { changeSetId } }`
    expect(issuesOf(await server.admin.send(two))).toEqual(['input.phase: TRANSITION'])
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('are told to every user, and change with the field', async () => {
    const { client } = await server.addUser('Rep', 'sales_rep')
    const told = async () => {
      const { module } = await client.data('{ module(name: "account") { fields { name transitions { from to } } } }')
      return module.fields.find(({ name }: { name: string }) => name === 'phase').transitions
    }
    expect(await told()).toEqual(TRANSITIONS)
    await changeField(server.admin, field.id, { transitions: [...TRANSITIONS, { from: 'signed', to: '作废' }] })
    const id = await accountIn('signed')
    expect((await move(id, '作废')).errors).toEqual([])
    expect(issuesOf(await move(id, 'signed'))).toEqual(['input.phase: TRANSITION'])
    await changeField(server.admin, field.id, { transitions: null })
    expect(await told()).toBeNull()
    expect((await move(id, 'draft')).errors).toEqual([])
  })

  test('keep their colours, which are checked', async () => {
    const options = [{ value: 'red', color: '#ff0000' }, { value: 'plain' }, { value: 'blue', color: '#1677FF', label: '蓝' }]
    const made = await makeField(server.admin, { module: 'account', name: 'mood', type: 'SELECT', options })
    const told = async () => {
      const { module } = await server.admin.data('{ module(name: "account") { fields { name options { value label color retired } } } }')
      return module.fields.find(({ name }: { name: string }) => name === 'mood').options
    }
    expect(await told()).toEqual([
      { value: 'red', label: 'red', color: '#ff0000', retired: false },
      { value: 'plain', label: 'plain', color: null, retired: false },
      { value: 'blue', label: '蓝', color: expect.stringMatching(/^#1677ff$/i), retired: false },
    ])
    await changeField(server.admin, made.id, { options: [{ value: 'plain', color: '#000000' }, { value: 'red' }] })
    expect(await told()).toEqual([
      { value: 'plain', label: 'plain', color: '#000000', retired: false },
      { value: 'red', label: 'red', color: null, retired: false },
      { value: 'blue', label: '蓝', color: expect.stringMatching(/^#1677ff$/i), retired: true },
    ])
    const before = await contentOf(server.database.url)
    for (const color of ['red', '#fff', '#12345g', 'url(javascript:alert(1))', '#ff0000; x', '']) {
      const refused = await sendField(server.admin, 'updateField', { id: made.id, input: { options: [{ value: 'red', color }] } })
      expect([color, issuesOf(refused)]).toEqual([color, ['input.options.0.color: COLOR']])
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('are refused where a transition names no option, or the type has none', async () => {
    const before = await contentOf(server.database.url)
    const input = { module: 'account', name: 'other', type: 'SELECT', options: OPTIONS, transitions: [{ from: 'draft', to: 'nowhere' }] }
    expect(issuesOf(await sendField(server.admin, 'createField', { input }))).toEqual([expect.stringMatching(/^input\.transitions\.0\.to: /)])
    expect(issuesOf(await sendField(server.admin, 'createField', { input: { ...input, type: 'TEXT', options: null } }))).toEqual([
      'input.transitions: NOT_APPLICABLE',
    ])
    expect(codesOf(await sendField(server.admin, 'updateField', { id: field.id, input: { transitions: [{ from: 'x', to: 'y' }] } }))).toEqual([
      'VALIDATION_FAILED',
    ])
    expect(await contentOf(server.database.url)).toEqual(before)
  })
})
