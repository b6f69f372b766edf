import { expect } from '@jest/globals'
import { nameOf, TESTED } from './field-types.ts'
import type { Model, ModelRecord } from './model.ts'
import { type EveryType, SELECTION, type TestedModule } from './setup.ts'

/** All records of the run with their history as they are answered; numbers that the server gave are noted in the model. */
export async function compareRecords(
  { server: { admin } }: EveryType,
  { list, typeName }: TestedModule,
  scope: string,
  records: readonly ModelRecord[],
  model: Model,
) {
  const { all } = await admin.data(
    `query ($filter: ${typeName}Filter) { all: ${list}(filter: $filter, orderBy: [{id: ASC}]) { nodes { id ${SELECTION} history(first: 20) { nodes { operation changes { field before after } } } } } }`,
    { filter: { scope: { eq: scope } } },
  )
  expect(all.nodes.map(({ id }: { id: string }) => id)).toEqual(records.map(({ id }) => id).sort())
  const nodes = new Map<string, Record<string, unknown>>(all.nodes.map((node: { id: string }) => [node.id, node]))
  for (const record of records) {
    const { history, ...node } = nodes.get(record.id) as Record<string, unknown>
    if (record.values['fAutoNumber'] === undefined) {
      expect(node['fAutoNumber']).toMatch(/^编号-\d{4,}$/)
      record.values['fAutoNumber'] = node['fAutoNumber']
      for (const { before, after } of record.told) for (const values of [before, after]) if (values) values['fAutoNumber'] = node['fAutoNumber']
    }
    expect(sorted(node)).toEqual(sorted({ id: record.id, ...Object.fromEntries(TESTED.map((each) => [nameOf(each), model.answer(each, record)])) }))
    expect({ id: record.id, history: toldOf(history as History) }).toEqual({ id: record.id, history: model.history(record) })
  }
}

interface History {
  readonly nodes: readonly {
    readonly operation: string
    readonly changes: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[]
  }[]
}

/** Entries from the newest to the oldest with the changes of tested fields by their names. */
function toldOf({ nodes }: History): unknown {
  const names = new Set(TESTED.map(nameOf))
  return nodes.map(({ operation, changes }) => ({
    operation,
    changes: Object.fromEntries(changes.filter(({ field }) => names.has(field)).map(({ field, before, after }) => [field, { before, after }])),
  }))
}

/** With the members of to-many relations in the order of their ids: the newest record comes first there, whatever was linked first. */
function sorted(node: object): object {
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => {
      const nodes = (value as { nodes?: { id: string }[] } | null)?.nodes
      return [name, nodes ? { nodes: [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1)) } : value]
    }),
  )
}
