import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import { MAX_GROUPS } from '../../records/read/aggregate.ts'
import type { AggregateFunction, AggregateMember, GroupKey } from '../../records/read/request.ts'
import { type FieldDefinition, type ModuleDefinition, valueTypeOf } from '../../records/registry/index.ts'
import type { AggregateOptions, RecordGroup } from '../api/index.ts'
import { constant, filterOf, isUsable, type Reading, readable, required, run } from './reading.ts'

const FUNCTIONS = ['sum', 'avg', 'min', 'max'] as const

const NUMBERS: ReadonlySet<string> = new Set(['INTEGER', 'DECIMAL', 'PERCENT', 'RATING', 'DURATION', 'MONEY'])
const RANGES: ReadonlySet<string> = new Set([...NUMBERS, 'DATE', 'DATETIME'])
const GROUPED: ReadonlySet<string> = new Set([
  'TEXT',
  'SELECT',
  'EMAIL',
  'URL',
  'AUTO_NUMBER',
  'INTEGER',
  'RATING',
  'DECIMAL',
  'PERCENT',
  'BOOLEAN',
  'DATE',
  'REFERENCE',
  'USER',
])

/** Groups of records with their counts and figures, in one statement. Throws VALIDATION_FAILED, LIMIT_EXCEEDED, FORBIDDEN. */
export async function aggregateRecords(reading: Reading, name: string, options: AggregateOptions = {}): Promise<readonly RecordGroup[]> {
  const module = readable(reading, name)
  const { filter, groupBy = [] } = options
  const keys = groupBy.map((field): GroupKey => ({ through: [], field: suited(reading, module, field, GROUPED, 'groupBy'), names: [field], bucket: null }))
  const members = FUNCTIONS.flatMap((each): AggregateMember[] => {
    const fields = options[each] ?? []
    return fields.length === 0 ? [] : [functionMember(reading, module, each, fields)]
  })
  const groups = (await run(reading, {
    kind: 'aggregate',
    module,
    filter: filterOf(reading, module, filter),
    search: null,
    deleted: 'EXCLUDE',
    groupBy: keys,
    orderBy: [],
    first: null,
    timeZone: constant('UTC'),
    members: [{ kind: 'count', key: 'count' }, ...(keys.length > 0 ? [{ kind: 'key', key: 'key' } as const] : []), ...members],
  })) as readonly Partial<RecordGroup>[] | null
  if (groups === null) throw new GuanxiError('LIMIT_EXCEEDED', say`There are more than ${MAX_GROUPS} groups. Ask for fewer records.`, { limit: MAX_GROUPS })
  return groups.map(({ count = 0, key = {}, sum = {}, avg = {}, min = {}, max = {} }) => ({ count, key, sum, avg, min, max }))
}

function functionMember(reading: Reading, module: ModuleDefinition, name: AggregateFunction, fields: readonly string[]): AggregateMember {
  const types = name === 'sum' || name === 'avg' ? NUMBERS : RANGES
  const parts = ['amount', 'currency'].map((part) => ({ key: part, part }))
  return { kind: 'function', key: name, function: name, members: fields.map((key) => ({ key, field: suited(reading, module, key, types, name), parts })) }
}

function suited(reading: Reading, module: ModuleDefinition, name: string, types: ReadonlySet<string>, what: string): FieldDefinition {
  const field = required(module, name)
  const fits = types.has(valueTypeOf(field)) && field.reference?.module !== '*'
  if (fits && isUsable(reading, field)) return field
  throw validationFailed([{ path: [what, name], code: 'NOT_APPLICABLE', message: say`${module.name}.${name} cannot be used in ${what}.` }])
}
