import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { METADATA } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server?.close())

const both = (en: string, zh: string) => [
  { locale: 'en', text: en },
  { locale: 'zh-CN', text: zh },
]

const FIELDS = [
  { name: 'title', type: 'TEXT', labels: both('Title', '标题'), helps: both('As on the cover.', '如封面所示。') },
  {
    name: 'phase',
    type: 'SELECT',
    labels: both('Phase', '阶段'),
    options: [
      { value: 'open', labels: both('Open', '开放') },
      { value: 'closed', label: 'Closed' },
    ],
  },
  { name: 'keeper', type: 'REFERENCE', label: 'Keeper', reference: { module: 'account', inverseName: 'dossiers', inverseLabels: both('Files', '案卷') } },
  { name: 'reader', type: 'USER', reference: { module: 'user', inverseName: 'readDossiers', inverseLabels: both('Read', '已读') } },
]

test('what people read of modules and fields is told in their language, to users and to administrators', async () => {
  const dossier = { name: 'dossier', pluralName: 'dossierFiles', labels: both('Dossier', '卷宗'), pluralLabels: both('Dossiers', '卷宗列表'), fields: FIELDS }
  await server.admin.data(METADATA.createModule, { input: dossier })
  const texts = (locale: string) => `label(locale: "${locale}") help(locale: "${locale}")
    options { value label(locale: "${locale}") } reference { inverseName inverseLabel(locale: "${locale}") }`
  for (const [locale, read] of [
    [
      'zh-CN',
      {
        module: ['卷宗', '卷宗列表'],
        labels: ['标题', '阶段', 'Keeper', 'Reader'],
        help: '如封面所示。',
        options: ['开放', 'Closed'],
        lists: ['案卷', '已读'],
      },
    ],
    [
      'en',
      {
        module: ['Dossier', 'Dossiers'],
        labels: ['Title', 'Phase', 'Keeper', 'Reader'],
        help: 'As on the cover.',
        options: ['Open', 'Closed'],
        lists: ['Files', 'Read'],
      },
    ],
  ] as const) {
    const answer = await server.admin.data(`{
      module(name: "dossier") { label(locale: "${locale}") pluralLabel(locale: "${locale}") fields { name custom ${texts(locale)} } }
      customModules { label(locale: "${locale}") pluralLabel(locale: "${locale}") }
      customFields(module: "dossier") { name ${texts(locale)} } }`)
    for (const module of [answer.module, ...answer.customModules]) expect([module.label, module.pluralLabel]).toEqual(read.module)
    const served = answer.module.fields.filter(({ custom }: { custom: boolean }) => custom).map(({ custom: _, ...field }: { custom: boolean }) => field)
    for (const fields of [served, answer.customFields]) {
      const [title, phase, keeper, reader] = fields
      expect(fields.map(({ label }: { label: string }) => label)).toEqual(read.labels)
      expect([title.help, phase.help]).toEqual([read.help, null])
      expect(phase.options.map(({ label }: { label: string }) => label)).toEqual(read.options)
      expect([keeper, reader].map(({ reference }) => reference.inverseLabel)).toEqual(read.lists)
    }
  }
  expect((await server.admin.data('{ module(name: "account") { pluralLabel(locale: "zh-CN") } }')).module.pluralLabel).toBe('客户')
})

test('a text that is changed in one language stays in the other', async () => {
  const { customFields } = await server.admin.data('{ customFields(module: "dossier") { id name } }')
  const { id } = customFields.find(({ name }: { name: string }) => name === 'title')
  await server.admin.data(METADATA.updateField, { id, input: { label: 'Heading', helps: both('Short.', '简短。') } })
  const { updateCustomModule } = await server.admin.data(
    `mutation ($input: UpdateCustomModuleInput!) { updateCustomModule(name: "dossier", input: $input) { module { pluralLabel zh: pluralLabel(locale: "zh-CN") } } }`,
    { input: { pluralLabel: 'Folders' } },
  )
  expect(updateCustomModule.module).toEqual({ pluralLabel: 'Folders', zh: '卷宗列表' })
  const read = await server.admin.data('{ customFields(module: "dossier") { name label zh: label(locale: "zh") help(locale: "zh-CN") } }')
  expect(read.customFields[0]).toEqual({ name: 'title', label: 'Heading', zh: '标题', help: '简短。' })
})

test('only a text of the module names its records, on create and on change alike', async () => {
  const input = {
    name: 'folio',
    pluralName: 'folios',
    nameField: 'size',
    fields: [
      { name: 'size', type: 'INTEGER' },
      { name: 'code', type: 'TEXT' },
    ],
  }
  const issues = async (operation: string, variables: object) => (await server.admin.send(operation, { ...variables })).errors[0]?.extensions['issues']
  const refusal = [expect.objectContaining({ path: ['input', 'nameField'], code: 'UNKNOWN' })]
  expect(await issues(METADATA.createModule, { input })).toEqual(refusal)
  await server.admin.data(METADATA.createModule, { input: { ...input, nameField: 'code' } })
  expect(await issues(METADATA.updateModule, { name: 'folio', input: { nameField: 'size' } })).toEqual(refusal)
  expect(await issues(METADATA.updateModule, { name: 'folio', input: { nameField: 'nothing' } })).toEqual(refusal)
})
