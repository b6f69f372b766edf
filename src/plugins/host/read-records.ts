import { createHash } from 'node:crypto'
import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import { isUuid, moduleNumberOf } from '../../lib/record-id.ts'
import { fieldLevel, isEverShown } from '../../records/access/secured.ts'
import { isSensitive, type SelectedField } from '../../records/read/index.ts'
import type { OrderKey } from '../../records/read/request.ts'
import type { ModuleDefinition } from '../../records/registry/index.ts'
import type { FindOptions, PluginRecord, RecordReader } from '../api/index.ts'
import { aggregateRecords } from './aggregate-records.ts'
import { constant, filterOf, isUsable, type Reading, readable, required, run } from './reading.ts'

const MOST = 500

/** Reads for a plugin by the read engine: the same conditions, levels and masks as over the API. `reading` is asked each time, and throws where the plugin's turn is over. */
export function recordReader(reading: () => Promise<Reading>): RecordReader {
  const byIds = async (name: string, ids: readonly string[], fields?: readonly string[]): Promise<readonly (PluginRecord | null)[]> => {
    const now = await reading()
    const module = readable(now, name)
    if (ids.length > MOST) throw new GuanxiError('LIMIT_EXCEEDED', say`byIds takes at most ${MOST} ids; ${ids.length} were given.`, { limit: MOST })
    const own = ids.map((id) => (typeof id === 'string' && isUuid(id) && moduleNumberOf(id.toLowerCase()) === module.number ? id.toLowerCase() : NOBODY))
    if (own.length === 0) return []
    const selection = { module, fields: selected(now, module, fields) }
    const records = (await run(now, { kind: 'byIds', module, ids: constant(own), deleted: false, selection })) as (PluginRecord | null)[]
    await noteShown(now, module, selection.fields, records, { ids: own })
    return records
  }
  return {
    byIds,
    get: async (module, id, fields) => (await byIds(module, [id], fields))[0] ?? null,
    find: async (name, { filter, orderBy = [], first = 50, fields }: FindOptions = {}) => {
      const now = await reading()
      const module = readable(now, name)
      if (!Number.isInteger(first) || first < 1 || first > MOST)
        throw new GuanxiError('LIMIT_EXCEEDED', say`first is from 1 to ${MOST}; ${first} was asked.`, { limit: MOST })
      const list = {
        filter: filterOf(now, module, filter),
        search: null,
        orderBy: orderBy.flatMap((key) => Object.entries(key).map(([field, direction]) => orderKey(now, module, field, direction))),
        deleted: 'EXCLUDE',
        first,
        last: null,
        after: null,
        before: null,
      } as const
      const selection = { module, fields: selected(now, module, fields) }
      const members = [{ kind: 'nodes', key: 'nodes', selection }] as const
      const page = (await run(now, { kind: 'list', module, list, connection: { members } })) as { readonly nodes: readonly PluginRecord[] }
      await noteShown(now, module, selection.fields, page.nodes, { filter, orderBy, first })
      return page.nodes
    },
    count: async (name, filter) => (await aggregateRecords(await reading(), name, filter === undefined ? {} : { filter }))[0]?.count ?? 0,
    aggregate: async (name, options) => aggregateRecords(await reading(), name, options),
  }
}

/** An id that no record has: of no module. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

/** Notes which records showed something of sensitive fields; masked values do not count. */
async function noteShown(
  { principal, registry, origin, noteReads }: Reading,
  module: ModuleDefinition,
  fields: readonly SelectedField[],
  records: readonly (PluginRecord | null)[],
  question: object,
): Promise<void> {
  const sensitive = fields.flatMap((each) =>
    each.kind === 'whole' && isSensitive(each.field, registry) && fieldLevel(principal.policy, module.name, each.field.name) !== 'MASKED' ? [each] : [],
  )
  const showing = records.flatMap((record) => (record && sensitive.some(({ key }) => record[key] != null) ? [record.id] : []))
  if (showing.length === 0) return
  const asked = createHash('sha256')
    .update(JSON.stringify([module.name, question]))
    .digest('hex')
  await noteReads([{ principal, verb: 'read', module, fields: sensitive.map(({ field }) => field.id), ids: new Set(showing), asked }], origin)
}

/** A part is masked as over the API, what is hidden is null. */
function selected({ principal }: Reading, module: ModuleDefinition, names?: readonly string[]): SelectedField[] {
  const wanted = names === undefined ? [...module.fields.keys()] : [...new Set(['id', ...names])]
  return wanted.map((name) => {
    const field = required(module, name)
    return isEverShown(principal.policy, module.name, field.name) ? { kind: 'whole', key: name, field } : { kind: 'hidden', key: name }
  })
}

function orderKey(reading: Reading, module: ModuleDefinition, name: string, direction: string): OrderKey {
  const field = required(module, name)
  if (!isUsable(reading, field) || (direction !== 'ASC' && direction !== 'DESC'))
    throw validationFailed([{ path: ['orderBy', name], code: 'ORDER', message: say`Records cannot be put in order by ${name}: ${direction}.` }])
  return { through: [], field, direction }
}
