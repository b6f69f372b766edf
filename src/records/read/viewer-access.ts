import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { ACTIONS, type Action } from '../access/policy.ts'
import { fieldLevel } from '../access/secured.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { allOf, literalSql } from '../sql-text.ts'
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
  if (part === 'maskedFields') return textArray(fieldsOf(module, 'MASKED', builder))
  if (part === 'writableFields') {
    const update = allowedSql('UPDATE', module, alias, builder)
    return update === null ? textArray([]) : `CASE WHEN ${update} THEN ${textArray(fieldsOf(module, 'WRITE', builder))} ELSE '{}' END`
  }
  const cases = ACTIONS.flatMap((action) => {
    // How many records a call may change is no action on one of them.
    if (action === 'BULK') return []
    const condition = allowedSql(action, module, alias, builder)
    return condition === null ? [] : [`CASE WHEN ${condition} THEN '${action}' END`]
  })
  return `array_remove(ARRAY[${cases.join(', ')}]::text[], NULL)`
}

/** Condition under which the action is allowed on the row; null where it never is. */
function allowedSql(action: Exclude<Action, 'BULK'>, module: ModuleDefinition, alias: string, builder: PlanBuilder): string | null {
  if (action === 'CREATE' || !builder.policy.modules.get(module.name)?.actions.has(action)) return null
  const { condition } = builder.secured(module, action, alias)
  if (condition === 'FALSE') return null
  const deleted = `${quoteIdentifier(alias)}.deleted_at`
  const state = action === 'RESTORE' ? `${deleted} IS NOT NULL` : action === 'UPDATE' || action === 'DELETE' ? `${deleted} IS NULL` : 'TRUE'
  return allOf([condition, state])
}

function fieldsOf(module: ModuleDefinition, level: 'MASKED' | 'WRITE', builder: PlanBuilder): string[] {
  const fields = [...module.fields.values()].filter((field) => fieldLevel(builder.policy, module.name, field.name) === level)
  return fields.filter((field) => level === 'MASKED' || !(field.readOnly || field.createOnly)).map((field) => field.name)
}

function textArray(names: readonly string[]): string {
  return `ARRAY[${names.map(literalSql).join(', ')}]::text[]`
}
