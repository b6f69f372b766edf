import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { issuesOf } from '../support/client.ts'
import { METADATA } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const KINDS = [
  { kind: 'person', name: 'guest', pluralName: 'guests', label: '来宾', fields: '姓名 姓 名 职位 电子邮件 电话 微信 生日 地址' },
  { kind: 'company', name: 'agency', pluralName: 'agencies', label: '机构', fields: '名称 法定名称 国家/地区 网站 电子邮件 电话 地址 税号 母公司' },
  { kind: 'event', name: 'fair', pluralName: 'fairs', label: '展会', fields: '主题 开始时间 结束时间 全天 地点 状态 取消原因 时长（小时）' },
  { kind: 'document', name: 'paper', pluralName: 'papers', label: '文件', fields: '标题 编号 状态 正文 链接 有效期至 已过期' },
] as const

describe('kinds of modules', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
    for (const { kind, name, pluralName, label } of KINDS)
      await server.admin.data(METADATA.createModule, { input: { kind, name, pluralName, labels: [{ locale: 'zh-CN', text: label }] } })
  }, 60_000)
  afterAll(() => server?.close())

  const data = (operation: string, variables: Record<string, unknown> = {}) => server.admin.data(operation, variables)

  for (const { kind, name, fields } of KINDS) {
    test(`${kind} brings its usual fields, labelled in both languages, and is named by one of them`, async () => {
      const { module } = await data(`{ module(name: "${name}") { nameField label(locale: "zh-CN") fields { name custom label zh: label(locale: "zh-CN") } } }`)
      const own = module.fields.filter(({ custom }: { custom: boolean }) => custom)
      expect(module.nameField).toBe('name')
      expect(new Set(own.map(({ zh }: { zh: string }) => zh))).toEqual(new Set(fields.split(' ')))
      for (const { label } of own) expect(label).toMatch(/^[A-Z]/)
      const { customModules } = await data('{ customModules { name kind } }')
      expect(customModules).toContainEqual({ name, kind })
    })
  }

  test('a person is found by name and e-mail, and its data is personal', async () => {
    await data(
      'mutation { createGuest(input: {name: "王小明", familyName: "王", givenName: "小明", email: "ming@example.com", phone: "+8613800138000"}) { guest { id } } }',
    )
    for (const text of ['小明', 'ming@example'])
      expect((await data('query ($text: String) { guests(search: $text) { nodes { displayName phone { e164 } } } }', { text })).guests.nodes).toEqual([
        { displayName: '王小明', phone: { e164: '+8613800138000' } },
      ])
    const { customFields } = await data('{ customFields(module: "guest") { name sensitivity } }')
    const personal = customFields.filter(({ sensitivity }: { sensitivity: string }) => sensitivity === 'personal').map(({ name }: { name: string }) => name)
    expect(new Set(personal)).toEqual(new Set(['email', 'phone', 'wechat', 'birthday', 'address']))
  })

  test('a company has a country and a parent, but no circle of parents', async () => {
    const make = async (input: object) =>
      (await data('mutation ($input: CreateAgencyInput!) { createAgency(input: $input) { agency { id } } }', { input })).createAgency.agency.id
    const parent = await make({ name: '总部', country: 'CN' })
    const child = await make({ name: '分部', parent: { id: parent } })
    expect(
      (await data('{ agencies(filter: {country: {eq: "CN"}}) { nodes { name subsidiaries { nodes { name parent { name } } } } } }')).agencies.nodes,
    ).toEqual([{ name: '总部', subsidiaries: { nodes: [{ name: '分部', parent: { name: '总部' } }] } }])
    const update = 'mutation ($id: ID!, $input: UpdateAgencyInput!) { updateAgency(id: $id, input: $input) { agency { id } } }'
    const circle = await server.admin.send(update, { id: parent, input: { parent: { id: child } } })
    expect(issuesOf(circle)).toEqual([expect.stringMatching(/^input\.parent: /)])
    expect(issuesOf(await server.admin.send(update, { id: parent, input: { country: 'China' } })).length).toBeGreaterThan(0)
  })

  test('an event begins, lasts, and tells why it is cancelled', async () => {
    const { createFair } = await data(
      'mutation { createFair(input: {name: "广交会", startsAt: "2026-04-15T01:30:00Z", endsAt: "2026-04-15T10:00:00Z"}) { fair { id status allDay durationHours } } }',
    )
    expect(createFair.fair).toMatchObject({ status: 'planned', allDay: false })
    expect(Number(createFair.fair.durationHours)).toBe(8.5)
    const { id } = createFair.fair
    const update = 'mutation ($id: ID!, $input: UpdateFairInput!) { updateFair(id: $id, input: $input) { fair { status } } }'
    expect(issuesOf(await server.admin.send('mutation { createFair(input: {name: "x"}) { fair { id } } }'))).toEqual([
      expect.stringMatching(/^input\.startsAt: /),
    ])
    expect(issuesOf(await server.admin.send(update, { id, input: { status: 'cancelled' } }))).toEqual([expect.stringMatching(/^input\.cancelReason: /)])
    await data(update, { id, input: { status: 'cancelled', cancelReason: '台风' } })
    expect(issuesOf(await server.admin.send(update, { id, input: { status: 'held' } }))).toEqual([expect.stringMatching(/^input\.status: /)])
  })

  test('a document is numbered, goes through its review and expires', async () => {
    const { createPaper } = await data('mutation { createPaper(input: {name: "章程", validUntil: "2020-12-31"}) { paper { id number status expired } } }')
    expect(createPaper.paper).toMatchObject({ number: 'D-000001', status: 'draft', expired: true })
    expect((await data('{ paperBy(by: {number: "D-000001"}) { name } papers(search: "D-000001") { totalCount } }')).papers.totalCount).toBe(1)
    const { id } = createPaper.paper
    const update = 'mutation ($id: ID!, $input: UpdatePaperInput!) { updatePaper(id: $id, input: $input) { paper { status expired } } }'
    expect(issuesOf(await server.admin.send(update, { id, input: { status: 'approved' } }))).toEqual([expect.stringMatching(/^input\.status: /)])
    for (const status of ['in_review', 'approved', 'archived']) expect((await data(update, { id, input: { status } })).updatePaper.paper.status).toBe(status)
  })

  test('own fields come in place of usual ones, and a list gives way to a field of its name', async () => {
    const fields = [
      { name: 'name', type: 'TEXT', label: 'Firm', maxLength: 10 },
      { name: 'subsidiaries', type: 'INTEGER' },
    ]
    await data(METADATA.createModule, { input: { kind: 'company', name: 'branch', pluralName: 'branchOffices', fields } })
    const { customFields } = await data('{ customFields(module: "branch") { name label reference { inverseName acyclic } } }')
    expect(customFields).toContainEqual({ name: 'name', label: 'Firm', reference: null })
    expect(customFields).toContainEqual({ name: 'parent', label: 'Parent company', reference: { inverseName: null, acyclic: true } })
  })

  test('whether records may lead in a circle is fixed, and said of references to the own module alone', async () => {
    const reference = { module: 'account', acyclic: true }
    const lost = await server.admin.send(METADATA.createField, { input: { module: 'branch', name: 'owner2', type: 'REFERENCE', reference } })
    expect(issuesOf(lost)).toEqual(['input.reference.acyclic: NOT_APPLICABLE'])
    const loose = { module: 'branch', name: 'friend', type: 'REFERENCE', reference: { module: 'branch' } }
    const { answer } = await data(METADATA.createField, { input: loose })
    const tight = { reference: { module: 'branch', acyclic: true } }
    expect(issuesOf(await server.admin.send(METADATA.updateField, { id: answer.field.id, input: tight }))).toEqual(['input.reference.acyclic: FIXED'])
  })
})
