import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { METADATA, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('a module that changes', () => {
  let server: TestServer
  let manager: TestClient

  beforeAll(async () => {
    server = await startTestServer()
    manager = (await server.addUser('Manager', 'sales_manager')).client
    const fields = [
      { name: 'title', type: 'TEXT' },
      { name: 'code', type: 'TEXT' },
      { name: 'weight', type: 'DECIMAL' },
    ]
    await server.admin.data(METADATA.createModule, { input: { name: 'crate', pluralName: 'crates', label: 'Crate', pluralLabel: 'Crates', fields } })
    await server.admin.data(METADATA.createModule, { input: { name: 'shed', pluralName: 'sheds' } })
    await server.admin.data('mutation { createCrate(input: {title: "箱子", code: "C-1", weight: "2.5"}) { crate { id } } }')
  })
  afterAll(() => server?.close())

  const update = (input: object, name = 'crate') => sendField(server.admin, 'updateModule', { name, input })
  const described = async () =>
    (await server.admin.data('{ customModules { name pluralName label zh: label(locale: "zh-CN") nameField } schemaVersion }')) as {
      customModules: Record<string, unknown>[]
      schemaVersion: number
    }
  const crate = async () => (await described()).customModules.find(({ name }) => name === 'crate')
  const exported = async () => (await server.admin.data('{ exportMetadata }')).exportMetadata as Record<string, unknown>[]
  const plurals = async () => (await exported()).find(({ name }) => name === 'crate')?.pluralLabels

  test('takes other labels; what is left out stays', async () => {
    const { schemaVersion } = await described()
    const labels = [{ locale: 'zh-CN', text: '木箱' }]
    expect(
      (
        await update({
          labels: [{ locale: 'en', text: 'Box' }, ...labels],
          pluralLabels: [
            { locale: 'en', text: 'Boxes' },
            { locale: 'zh-CN', text: '木箱们' },
          ],
        })
      ).errors,
    ).toEqual([])
    expect(await crate()).toEqual({
      name: 'crate',
      pluralName: 'crates',
      label: 'Box',
      zh: '木箱',
      nameField: 'title',
    })
    const boxes = [
      { locale: 'en', text: 'Boxes' },
      { locale: 'zh-CN', text: '木箱们' },
    ]
    expect(await plurals()).toEqual(boxes)
    expect((await update({ label: 'Big box' })).errors).toEqual([])
    expect(await crate()).toMatchObject({ label: 'Big box', zh: '木箱' })
    expect(await plurals()).toEqual(boxes)
    expect((await described()).schemaVersion).toBe(schemaVersion + 2)
    // The description that every user reads, and the documentation of the type.
    const { module, type } = await server.admin.data(
      '{ module(name: "crate") { label zh: label(locale: "zh-CN") } type: __type(name: "Crate") { description } }',
    )
    expect(module).toEqual({ label: 'Big box', zh: '木箱' })
    expect(type.description).toContain('Big box')
  })

  test('names its records by another field at once, in lists, relations and search', async () => {
    const names = async () => (await server.admin.data('{ crates { nodes { displayName } } }')).crates.nodes
    expect(await names()).toEqual([{ displayName: '箱子' }])
    const { data, errors } = await update({ nameField: 'code' })
    expect([errors, data.answer.module.nameField]).toEqual([[], 'code'])
    expect(await names()).toEqual([{ displayName: 'C-1' }])
    // The field that names records cannot go.
    const { customFields } = await server.admin.data('{ customFields(module: "crate") { id name } }')
    const { id } = customFields.find((field: { name: string }) => field.name === 'code')
    expect(issuesOf(await sendField(server.admin, 'deleteField', { id }))).toEqual(['id: IN_USE'])
    await update({ nameField: 'title' })
    expect(await names()).toEqual([{ displayName: '箱子' }])
    await server.admin.data(METADATA.deleteField, { id })
    await server.admin.data(METADATA.restoreField, { id })
  })

  test('takes another place among the modules', async () => {
    const order = async () => (await described()).customModules.map(({ name }) => name)
    expect(await order()).toEqual(['crate', 'shed'])
    expect((await update({ position: 0 }, 'shed')).errors).toEqual([])
    expect(await order()).toEqual(['shed', 'crate'])
  })

  test('is refused with the reason, and nothing changes', async () => {
    const before = await contentOf(server.database.url)
    for (const [input, issues] of [
      [{ nameField: 'missing' }, 'input.nameField: UNKNOWN'],
      [{ label: '长'.repeat(201) }, 'input.label: TOO_LONG'],
      [{ label: 'nul\u0000' }, 'input.label: TEXT'],
      [{ labels: [{ locale: 'xx', text: 'x' }] }, 'input.labels.0.locale: LOCALE'],
    ] as const)
      expect([input, issuesOf(await update(input)).join()]).toEqual([input, issues])
    // Names are not part of the input.
    expect(codesOf(await update({ name: 'other' }))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(codesOf(await update({ label: 'x' }, 'missing'))).toEqual(['NOT_FOUND'])
    // A module of the product.
    expect(codesOf(await update({ label: 'x' }, 'account'))).toEqual(['FORBIDDEN'])
    expect(codesOf(await sendField(manager, 'updateModule', { name: 'crate', input: { label: 'x' } }))).toEqual(['FORBIDDEN'])
    expect(codesOf(await sendField(server.anonymous, 'updateModule', { name: 'crate', input: { label: 'x' } }))).toEqual(['UNAUTHENTICATED'])
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('tells what a dry run would do, and does nothing', async () => {
    const before = await contentOf(server.database.url)
    const document =
      'mutation { answer: updateCustomModule(name: "crate", input: {label: "Never", nameField: "code"}, dryRun: true) { module { label nameField } } }'
    expect((await server.admin.data(document)).answer.module).toEqual({ label: 'Never', nameField: 'code' })
    expect(await contentOf(server.database.url)).toEqual(before)
  })
})
