import type { PluginRecord, RecordFilter, RecordReader } from '../../api/index.ts'

/** Records of one read. */
const MOST = 500

/**
 * All records of a module that lead to one of `ids` by `reference`, with one statement where they fit into one. Where more belong to a single id the newest are left out: parts of one
 * contract are limited to fewer.
 */
export async function partsOf(
  reader: RecordReader,
  module: string,
  question: { readonly reference: string; readonly ids: readonly string[]; readonly fields: readonly string[]; readonly filter?: RecordFilter },
): Promise<readonly PluginRecord[]> {
  const { reference, ids, fields, filter } = question
  if (ids.length === 0) return []
  if (ids.length <= MOST) {
    const found = await reader.find(module, {
      filter: { and: [...(filter ? [filter] : []), { [reference]: { id: { in: ids } } }] },
      orderBy: [{ createdAt: 'ASC' }],
      fields: [...fields, reference],
      first: MOST,
    })
    if (found.length < MOST || ids.length === 1) return found
  }
  const middle = Math.ceil(ids.length / 2)
  const first = await partsOf(reader, module, { ...question, ids: ids.slice(0, middle) })
  return [...first, ...(await partsOf(reader, module, { ...question, ids: ids.slice(middle) }))]
}

/** Records by their ids, however many. */
export async function recordsOf(
  reader: RecordReader,
  module: string,
  ids: Iterable<unknown>,
  fields: readonly string[],
): Promise<ReadonlyMap<string, PluginRecord>> {
  const wanted = [...new Set([...ids].filter((id): id is string => typeof id === 'string'))]
  const found = new Map<string, PluginRecord>()
  for (let start = 0; start < wanted.length; start += MOST)
    for (const record of await reader.byIds(module, wanted.slice(start, start + MOST), fields)) if (record) found.set(record.id, record)
  return found
}

/** Those of `ids` for which the filter holds. */
export async function matching(reader: RecordReader, module: string, ids: readonly string[], filter: RecordFilter): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (let start = 0; start < ids.length; start += MOST) {
    const some = ids.slice(start, start + MOST)
    for (const { id } of await reader.find(module, { filter: { and: [{ id: { in: some } }, filter] }, fields: [], first: MOST })) found.add(id)
  }
  return found
}
