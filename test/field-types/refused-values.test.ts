import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { nameOf, TESTED } from './field-types.ts'
import { type EveryType, MODULES, startEveryType } from './setup.ts'

let everyType: EveryType
beforeAll(async () => {
  everyType = await startEveryType()
}, 60_000)
afterAll(() => everyType?.close())

describe.each(MODULES)('$module', ({ module, typeName, base }) => {
  test('what is not a value of its type is refused and changes nothing', async () => {
    const { admin, database } = everyType.server
    const create = `mutation ($input: Create${typeName}Input!) { made: create${typeName}(input: $input) { ${module} { id } } }`
    const { made } = await admin.data(create, { input: { ...base, name: '不变' } })
    const { id } = made[module]
    const before = await contentOf(database.url)
    for (const each of TESTED) {
      for (const [input, code] of each.refused ?? []) {
        const value = { [nameOf(each)]: input }
        const created = await admin.send(create, { input: { ...base, name: '不变', ...value } })
        expect([each.type, issuesOf(created).map((issue) => issue.split(': ')[1])]).toEqual([each.type, [code]])
        const updated = await admin.send(
          `mutation ($id: ID!, $input: Update${typeName}Input!) { update${typeName}(id: $id, input: $input) { ${module} { id } } }`,
          { id, input: value },
        )
        expect([each.type, issuesOf(updated).map((issue) => issue.split(': ')[1])]).toEqual([each.type, [code]])
      }
    }
    expect(await contentOf(database.url)).toEqual(before)
  })
})
