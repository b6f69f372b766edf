import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { changeField, METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Run-time relations between parts and the box that they are in, by what they do when the box is deleted; a single one and a list each. */
const RULES = ['clear', 'restrict', 'cascade'] as const
type Rule = (typeof RULES)[number]
const KINDS = ['REFERENCE', 'REFERENCES'] as const
const fieldOf = (kind: string, rule: Rule) => `${rule}${kind === 'REFERENCE' ? 'One' : 'Many'}`

describe.each(KINDS)('onDelete of a run-time %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
    await server.admin.data(METADATA.createModule, { input: { name: 'box', pluralName: 'boxes', fields: [{ name: 'title', type: 'TEXT' }] } })
    await server.admin.data(METADATA.createModule, { input: { name: 'part', pluralName: 'parts', fields: [{ name: 'title', type: 'TEXT' }] } })
    for (const onDelete of RULES)
      await makeField(server.admin, {
        module: 'part',
        name: fieldOf(kind, onDelete),
        type: kind,
        reference: { module: 'box', inverseName: `${onDelete}Parts`, onDelete },
      })
  })
  afterAll(() => server?.close())

  const box = async () => (await server.admin.data('mutation { createBox(input: {title: "箱"}) { box { id } } }')).createBox.box.id as string
  async function part(rule: Rule, ...boxes: readonly string[]): Promise<string> {
    const targets = boxes.map((id) => ({ id }))
    const input = { title: '件', [fieldOf(kind, rule)]: kind === 'REFERENCE' ? targets[0] : { set: targets } }
    return (await server.admin.data('mutation ($input: CreatePartInput!) { createPart(input: $input) { part { id } } }', { input })).createPart.part.id
  }
  const remove = (id: string, module = 'Box') => server.admin.send(`mutation { delete${module}(id: "${id}") { id } }`)
  const restore = (id: string, module = 'Box') => server.admin.send(`mutation { restore${module}(id: "${id}") { changeSetId } }`)

  /** The part as it is read, its boxes by their ids; null where it is deleted. */
  async function read(id: string, rule: Rule): Promise<{ version: number; boxes: string[] } | null> {
    const name = fieldOf(kind, rule)
    const { data, errors } = await server.admin.send(`{ part(id: "${id}") { version ${name} ${kind === 'REFERENCE' ? '{ id }' : '{ nodes { id } }'} } }`)
    if (errors.length > 0) {
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND'])
      return null
    }
    const found = data.part
    const boxes: { id: string }[] = kind === 'REFERENCE' ? [found[name]].filter(Boolean) : found[name].nodes
    return { version: found.version, boxes: boxes.map((each) => each.id) }
  }

  test('clear: the part loses the box, with history, and does not get it back', async () => {
    const [first, other] = [await box(), await box()]
    const id = await part('clear', first, ...(kind === 'REFERENCES' ? [other] : []))
    expect((await remove(first)).errors).toEqual([])
    const left = kind === 'REFERENCES' ? [other] : []
    expect(await read(id, 'clear')).toEqual({ version: 2, boxes: left })
    const { part: told } = await server.admin.data(`{ part(id: "${id}") { history(first: 1) { nodes { operation changes { field after } } } } }`)
    expect(told.history.nodes).toEqual([{ operation: 'UPDATED', changes: [{ field: fieldOf(kind, 'clear'), after: kind === 'REFERENCE' ? null : left }] }])
    expect((await restore(first)).errors).toEqual([])
    expect((await read(id, 'clear'))?.boxes).toEqual(left)
  })

  test('restrict: the box stays while a part is in it, alone and in bulk, and nothing changes', async () => {
    const [held, free] = [await box(), await box()]
    const id = await part('restrict', held)
    const before = await contentOf(server.database.url)
    const refused = await remove(held)
    expect(codesOf(refused)).toEqual(['VALIDATION_FAILED'])
    expect(issuesOf(refused)).toEqual([expect.stringMatching(/: RESTRICTED$/)])
    expect(codesOf(await server.admin.send(`mutation { deleteBoxes(ids: ["${free}", "${held}"]) { changeSetId } }`))).toEqual(['VALIDATION_FAILED'])
    expect(await contentOf(server.database.url)).toEqual(before)
    expect((await read(id, 'restrict'))?.boxes).toEqual([held])
    // In one operation the part may go with its box, whichever comes first.
    expect((await server.admin.send(`mutation { deleteBox(id: "${held}") { id } deletePart(id: "${id}") { id } }`)).errors).toEqual([])
    expect(await read(id, 'restrict')).toBeNull()
  })

  test('cascade: the part goes with its box and comes back with it, and only those', async () => {
    const first = await box()
    const [with1, with2, gone] = [await part('cascade', first), await part('cascade', first), await part('cascade', first)]
    expect((await remove(gone, 'Part')).errors).toEqual([])
    expect((await remove(first)).errors).toEqual([])
    expect([await read(with1, 'cascade'), await read(with2, 'cascade')]).toEqual([null, null])
    expect((await restore(first)).errors).toEqual([])
    expect([(await read(with1, 'cascade'))?.boxes, (await read(with2, 'cascade'))?.boxes]).toEqual([[first], [first]])
    // It had been deleted by itself before.
    expect(await read(gone, 'cascade')).toBeNull()
  })

  test('a change of the rule holds for the next deletion', async () => {
    const { customFields } = await server.admin.data('{ customFields(module: "part") { id name } }')
    const { id } = customFields.find(({ name }: { name: string }) => name === fieldOf(kind, 'clear'))
    const held = await box()
    const inside = await part('clear', held)
    const rule = (onDelete: Rule) => changeField(server.admin, id, { reference: { module: 'box', inverseName: 'clearParts', onDelete } })
    await rule('restrict')
    expect(codesOf(await remove(held))).toEqual(['VALIDATION_FAILED'])
    await rule('cascade')
    expect((await remove(held)).errors).toEqual([])
    expect(await read(inside, 'clear')).toBeNull()
    await rule('clear')
  })
})
