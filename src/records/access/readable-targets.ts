import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { moduleNumberOf } from '../../lib/record-id.ts'
import type { Executor } from '../database.ts'
import { epochsHoldSql, StaleEpochError } from '../epochs.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import { bindValues } from './bind-values.ts'
import type { AccessPolicy } from './policy.ts'
import { secured } from './secured.ts'

/** The value of a field as its reader may know it: without ids of records that he cannot read, like a relation that leads to one. */
export type ShownValue = (field: FieldDefinition, value: unknown) => unknown

/** What a value is judged by. `checked`: the epochs have been compared in this transaction. */
export interface TargetReader {
  readonly policy: AccessPolicy
  readonly registry: Registry
  readonly executor: Executor
  readonly checked: boolean
}

/**
 * Looks at the targets of all values that are to be shown together, in one statement, or none where rights on the modules decide. Records in the recycle bin
 * count: who reads a module finds them there. Throws StaleEpochError.
 */
export async function shownTargets(values: Iterable<readonly [FieldDefinition, unknown]>, reader: TargetReader): Promise<ShownValue> {
  const { policy, registry } = reader
  const moduleOf = (id: string) => registry.byNumber.get(moduleNumberOf(id) ?? 0)
  // By rights that admit all rows or none, no row has to be asked for.
  const conditions = new Map<ModuleDefinition, string>()
  const conditionOf = (module: ModuleDefinition): string => {
    const known = conditions.get(module) ?? secured(module, 'READ', policy, 't', registry, bindValues([], policy)).condition
    conditions.set(module, known)
    return known
  }
  const asked = new Map<ModuleDefinition, Set<string>>()
  for (const [field, value] of values) {
    for (const id of idsIn(field, value)) {
      const module = moduleOf(id)
      if (!module || conditionOf(module) === 'FALSE' || conditionOf(module) === 'TRUE') continue
      asked.set(module, (asked.get(module) ?? new Set()).add(id))
    }
  }
  const found = asked.size > 0 ? await readableIds(asked, reader) : new Set<string>()
  const isReadable = (id: string): boolean => {
    const module = moduleOf(id)
    return found.has(id) || (module !== undefined && conditionOf(module) === 'TRUE')
  }
  return (field, value) => {
    if (idsIn(field, value).length === 0) return value
    if (Array.isArray(value)) return value.filter((id) => isReadable(id as string))
    return isReadable(value as string) ? value : null
  }
}

function idsIn({ type }: FieldDefinition, value: unknown): readonly string[] {
  if (type === 'REFERENCES') return (value ?? []) as readonly string[]
  return (type === 'REFERENCE' || type === 'USER') && typeof value === 'string' ? [value] : []
}

async function readableIds(
  asked: ReadonlyMap<ModuleDefinition, ReadonlySet<string>>,
  { policy, registry, executor, checked }: TargetReader,
): Promise<Set<string>> {
  const values: unknown[] = [checked ? null : policy.epochs.schema, checked ? null : policy.epochs.access]
  const binder = bindValues(values, policy)
  const parts = [...asked].map(([module, ids]) => {
    const table = secured(module, 'READ', policy, 't', registry, binder)
    return `SELECT ${quoteIdentifier('t')}.id FROM ${table.from} WHERE ${quoteIdentifier('t')}.id = ANY(${binder.value([...ids])}::uuid[]) AND ${table.condition}`
  })
  const text = `SELECT ${epochsHoldSql('$1', '$2')} AS fresh, ARRAY(${parts.join(' UNION ALL ')})::text[] AS ids`
  const [row] = await executor.query<{ fresh: boolean; ids: string[] }>({ text, values, purpose: 'record' })
  if (row?.fresh !== true) throw new StaleEpochError()
  return new Set(row.ids)
}
