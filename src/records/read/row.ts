import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { ACTIONS } from '../access/policy.ts'
import { fieldLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { columnOf } from './columns.ts'
import { fieldPartsSql, fieldValueSql, literalSql } from './field-value.ts'
import { connectionSql } from './page.ts'
import { allOf, type PlanBuilder } from './plan-builder.ts'
import type { RecordSelection, SelectedField, SelectedPart } from './request.ts'

/** SELECT list for one record: `<expression> AS "<response key>"`, in the order of the selection. */
export function rowMembersSql(selection: RecordSelection, alias: string, builder: PlanBuilder): string {
  if (selection.fields.length === 0) return 'NULL AS "~"'
  return selection.fields.map((field) => `${memberSql(field, selection.module, alias, builder)} AS ${quoteIdentifier(field.key)}`).join(', ')
}

function memberSql(selected: SelectedField, module: ModuleDefinition, alias: string, builder: PlanBuilder): string {
  const table = quoteIdentifier(alias)
  const level = (field: FieldDefinition) => fieldLevel(builder.policy, module.name, field.name)
  switch (selected.kind) {
    case 'typename':
      return literalSql(selected.value)
    case 'hidden':
      return 'NULL'
    case 'raw':
      return `${table}.${quoteIdentifier(selected.column)}`
    case 'value':
      return fieldValueSql(selected.field, alias, level(selected.field))
    case 'parts':
      return fieldPartsSql(selected.field, alias, level(selected.field), selected.parts)
    case 'displayName': {
      const field = module.fields.get(module.nameField) as FieldDefinition
      return fieldValueSql(field, alias, level(field))
    }
    case 'one': {
      if (level(selected.field) === 'HIDDEN' || level(selected.field) === 'MASKED') return 'NULL'
      return oneSql(selected.field, selected.selection, alias, builder)
    }
    case 'many':
      return connectionSql(selected.module, selected.list, selected.connection, { alias, via: selected.via }, builder)
    case 'values':
      return valuesSql(module, alias, selected.names === null ? null : (builder.peek(selected.names) as readonly string[] | null), builder)
    case 'externalIds':
      return `(SELECT coalesce(json_agg(json_build_object(${selected.parts.map(({ key, part, value }) => `${literalSql(key)}, ${part === '__typename' ? literalSql(value ?? '') : `x.${part === 'system' ? 'system' : 'key'}`}`).join(', ')}) ORDER BY x.system, x.key), '[]'::json) FROM external_id x WHERE x.record_id = ${table}.id)`
    case 'viewerAccess':
      return viewerAccessSql(module, alias, selected.parts, builder)
  }
}

function oneSql(field: FieldDefinition, selection: RecordSelection, alias: string, builder: PlanBuilder): string {
  const inner = builder.alias()
  const table = builder.secured(selection.module, 'READ', inner)
  const conditions = [`${quoteIdentifier(inner)}.id = ${quoteIdentifier(alias)}.${columnOf(field)}`, table.condition]
  // Who made or changed a record stays known after the person was removed.
  if (!(field.system && field.type === 'USER')) conditions.push(`${quoteIdentifier(inner)}.deleted_at IS NULL`)
  const members = rowMembersSql(selection, inner, builder)
  return `(SELECT row_to_json(n) FROM ${table.from} CROSS JOIN LATERAL (SELECT ${members}) n WHERE ${allOf(conditions)})`
}

/** Readable custom fields by API name. */
function valuesSql(module: ModuleDefinition, alias: string, names: readonly string[] | null, builder: PlanBuilder): string {
  const readable = [...module.fields.values()].filter((field) => field.custom && (names === null || names.includes(field.name)) && fieldLevel(builder.policy, module.name, field.name) !== 'HIDDEN')
  const members = readable.flatMap((field) => [literalSql(field.name), wholeValueSql(field, alias, module, builder)])
  return `json_build_object(${members.join(', ')})`
}

function wholeValueSql(field: FieldDefinition, alias: string, module: ModuleDefinition, builder: PlanBuilder): string {
  const level = fieldLevel(builder.policy, module.name, field.name)
  if (field.type === 'MONEY') return fieldPartsSql(field, alias, level, [{ key: 'amount', part: 'amount' }, { key: 'currency', part: 'currency' }])
  if (field.type === 'PHONE') return fieldPartsSql(field, alias, level, [{ key: 'raw', part: 'raw' }, { key: 'e164', part: 'e164' }])
  return fieldValueSql(field, alias, level)
}

function viewerAccessSql(module: ModuleDefinition, alias: string, parts: readonly SelectedPart[], builder: PlanBuilder): string {
  const deleted = `${quoteIdentifier(alias)}.deleted_at IS NOT NULL`
  const allowed = (action: (typeof ACTIONS)[number]) => {
    if (action === 'CREATE' || !builder.policy.modules.get(module.name)?.actions.has(action)) return null
    const condition = builder.secured(module, action, alias).condition
    if (condition === 'FALSE') return null
    const state = action === 'RESTORE' ? deleted : action === 'UPDATE' || action === 'DELETE' ? `NOT (${deleted})` : 'TRUE'
    return allOf([condition, state])
  }
  const fields = (wanted: string) => [...module.fields.values()].filter((field) => fieldLevel(builder.policy, module.name, field.name) === wanted && (wanted !== 'WRITE' || !field.readOnly)).map((field) => field.name)
  const textArray = (names: readonly string[]) => `ARRAY[${names.map(literalSql).join(', ')}]::text[]`
  const value = (part: string): string => {
    if (part === 'actions') {
      const cases = ACTIONS.flatMap((action) => {
        const condition = allowed(action)
        return condition === null ? [] : [`CASE WHEN ${condition} THEN '${action}' END`]
      })
      return `array_remove(ARRAY[${cases.join(', ')}]::text[], NULL)`
    }
    if (part === 'maskedFields') return textArray(fields('MASKED'))
    const update = allowed('UPDATE')
    return update === null ? `'{}'::text[]` : `CASE WHEN ${update} THEN ${textArray(fields('WRITE'))} ELSE '{}' END`
  }
  return `json_build_object(${parts.map(({ key, part, value: text }) => `${literalSql(key)}, ${part === '__typename' ? literalSql(text ?? '') : value(part)}`).join(', ')})`
}

