import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { ACTIONS, type Action } from '../access/policy.ts'
import { keptFields } from '../access/predicate-fields.ts'
import { type LeveledRow, maskedSql, readableSql, writableSql } from '../access/row-levels.ts'
import { fieldLevel, isEverShown, isUnavailable } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { allOf, anyOf, literalSql } from '../sql-text.ts'
import type { PlanBuilder } from './plan-builder.ts'
import type { SelectedPart } from './request.ts'

/** What the reader may do with the record `alias`: actions whose row rule it meets in its present state, and its field levels. */
export function viewerAccessSql(module: ModuleDefinition, alias: string, parts: readonly SelectedPart[], builder: PlanBuilder): string {
  const members = parts.map(
    ({ key, part, value }) => `${literalSql(key)}, ${part === '__typename' ? literalSql(value ?? '') : partSql(part, module, alias, builder)}`,
  )
  return `json_build_object(${members.join(', ')})`
}

function partSql(part: string, module: ModuleDefinition, alias: string, builder: PlanBuilder): string {
  const row = builder.row(module, alias)
  const fields = [...module.fields.values()]
  if (part === 'maskedFields') return namesSql(fields, (field) => butNot(maskedSql(field, row), () => readableSql(field, row)))
  if (part === 'hiddenFields') return namesSql(fields, (field) => (isPartly(field, module, builder) ? hiddenSql(field, row) : 'FALSE'))
  if (part === 'writableFields') {
    const update = allowedSql('UPDATE', module, alias, builder)
    const writable = fields.filter((field) => !(field.readOnly || field.createOnly))
    return update === null ? "'{}'::text[]" : `CASE WHEN ${update} THEN ${namesSql(writable, (field) => changeableSql(field, row, builder))} ELSE '{}' END`
  }
  const cases = ACTIONS.flatMap((action) => {
    // How many records a call may change is no action on one of them.
    if (action === 'BULK') return []
    const condition = allowedSql(action, module, alias, builder)
    return condition === null ? [] : [`CASE WHEN ${condition} THEN '${action}' END`]
  })
  return `array_remove(ARRAY[${cases.join(', ')}]::text[], NULL)`
}

/** Condition under which an update may change the field: by a share alone, nobody changes what makes a record his own. */
function changeableSql(field: FieldDefinition, row: LeveledRow, builder: PlanBuilder): string {
  const writable = writableSql(field, 'update', row)
  const table = builder.secured(row.module, 'UPDATE', row.alias)
  if (writable === 'FALSE' || !table.isShared || !keptFields(row.module, builder.policy).has(field.id)) return writable
  return allOf([writable, `(${table.granted}) IS TRUE`])
}

/** Condition under which the action is allowed on the row; null where it never is. */
function allowedSql(action: Exclude<Action, 'BULK'>, module: ModuleDefinition, alias: string, builder: PlanBuilder): string | null {
  if (action === 'CREATE' || isUnavailable(module, action) || !builder.policy.modules.get(module.name)?.actions.has(action)) return null
  const { condition } = builder.secured(module, action, alias)
  if (condition === 'FALSE') return null
  const deleted = `${quoteIdentifier(alias)}.deleted_at`
  const state = action === 'RESTORE' ? `${deleted} IS NOT NULL` : action === 'UPDATE' || action === 'DELETE' ? `${deleted} IS NULL` : 'TRUE'
  return allOf([condition, state])
}

/** The level is HIDDEN on some of the records that can be read, and higher on others. */
function isPartly({ name }: FieldDefinition, module: ModuleDefinition, { policy }: PlanBuilder): boolean {
  return fieldLevel(policy, module.name, name) === 'HIDDEN' && isEverShown(policy, module.name, name)
}

function hiddenSql(field: FieldDefinition, row: LeveledRow): string {
  return `(${anyOf([readableSql(field, row), maskedSql(field, row)])}) IS NOT TRUE`
}

function butNot(condition: string, other: () => string): string {
  if (condition === 'FALSE') return condition
  const excluded = other()
  return excluded === 'FALSE' ? condition : excluded === 'TRUE' ? 'FALSE' : allOf([condition, `(${excluded}) IS NOT TRUE`])
}

/** Names of the fields whose conditions hold, in their order. */
function namesSql(fields: readonly FieldDefinition[], conditionOf: (field: FieldDefinition) => string): string {
  const found = fields.map((field) => ({ name: literalSql(field.name), condition: conditionOf(field) })).filter(({ condition }) => condition !== 'FALSE')
  const members = found.map(({ name, condition }) => (condition === 'TRUE' ? name : `CASE WHEN ${condition} THEN ${name} END`))
  const list = `ARRAY[${members.join(', ')}]::text[]`
  return found.every(({ condition }) => condition === 'TRUE') ? list : `array_remove(${list}, NULL)`
}
