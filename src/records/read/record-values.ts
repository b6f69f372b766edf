import { valueTypeOf } from '../../entities/value-type.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { leveledSql } from '../access/row-levels.ts'
import { isEverShown } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { targetOf } from '../registry/lookup.ts'
import { allOf, literalSql } from '../sql-text.ts'
import { columnOf } from './columns.ts'
import { fieldPartsSql, fieldValueSql } from './field-value.ts'
import { type PlanBuilder, ROW } from './plan-builder.ts'
import { relationSql } from './relation.ts'

/** Readable custom fields by API name, all or those named, by the names that were asked for. As a row, since a function takes 100 arguments and a module has 500 fields. */
export function valuesSql(module: ModuleDefinition, alias: string, names: readonly string[] | null, builder: PlanBuilder): string {
  const members = [...module.fields.values()].flatMap((field) => {
    if (!field.custom || !isEverShown(builder.policy, module.name, field.name)) return []
    const asked = names === null ? [field.name] : [field.name, ...(field.aliases ?? [])].filter((name) => names.includes(name))
    return asked.map((name) => `${wholeValueSql(field, module, alias, builder)} AS ${quoteIdentifier(name)}`)
  })
  return members.length === 0 ? `'{}'::json` : `(SELECT ${ROW} FROM (SELECT ${members.join(', ')}) ${ROW})`
}

const WHOLE_PARTS: Readonly<Record<string, readonly string[]>> = { MONEY: ['amount', 'currency'], PHONE: ['raw', 'e164'] }

export function wholeValueSql(field: FieldDefinition, module: ModuleDefinition, alias: string, builder: PlanBuilder): string {
  return leveledSql(field, builder.row(module, alias), (level) => {
    if (level === 'HIDDEN') return 'NULL::text'
    if (field.reference) return level === 'MASKED' ? 'NULL::text' : relatedSql(field, alias, builder)
    const names = WHOLE_PARTS[valueTypeOf(field)]
    if (names === undefined) return fieldValueSql(field, alias, level)
    const parts = fieldPartsSql(
      field,
      alias,
      level,
      names.map((part) => ({ key: part, part })),
    )
    return parts === null ? 'NULL::text' : `(SELECT ${ROW} FROM (SELECT ${parts.members}) ${ROW} WHERE ${parts.present})`
  })
}

/** Id of the record that a reference leads to, ids of all for REFERENCES: as far as the reader could read the records themselves. */
function relatedSql(field: FieldDefinition, alias: string, builder: PlanBuilder): string {
  const module = targetOf(field, builder.registry)
  if (!module) return anyTargetSql(field, alias, builder)
  return field.type === 'REFERENCES' ? targetsSql(field, module, alias, builder) : targetSql(field, module, alias, builder)
}

function targetSql(field: FieldDefinition, module: ModuleDefinition, alias: string, builder: PlanBuilder): string {
  const inner = builder.alias()
  const { from, condition } = builder.secured(module, 'READ', inner)
  if (condition === 'FALSE') return 'NULL::uuid'
  const row = quoteIdentifier(inner)
  const conditions = [`${row}.id = ${quoteIdentifier(alias)}.${columnOf(field)}`, condition, `${row}.deleted_at IS NULL`]
  return `(SELECT ${row}.id FROM ${from} WHERE ${allOf(conditions)})`
}

function targetsSql(field: FieldDefinition, module: ModuleDefinition, alias: string, builder: PlanBuilder): string {
  const inner = builder.alias()
  const { from, condition } = builder.secured(module, 'READ', inner)
  if (condition === 'FALSE') return "'{}'::uuid[]"
  const row = quoteIdentifier(inner)
  const tie = relationSql({ kind: 'linkSource', field }, inner, alias, builder)
  return `ARRAY(SELECT ${row}.id FROM ${from}${tie.join} WHERE ${allOf([tie.condition, `${row}.deleted_at IS NULL`, condition])} ORDER BY ${row}.id)`
}

/** The id itself tells which module to look in. */
function anyTargetSql(field: FieldDefinition, alias: string, builder: PlanBuilder): string {
  const cases = [...builder.registry.modules.values()].flatMap((module) => {
    const found = targetSql(field, module, alias, builder)
    return found === 'NULL::uuid' ? [] : [` WHEN ${literalSql(module.number.toString(16).padStart(4, '0'))} THEN ${found}`]
  })
  return cases.length === 0 ? 'NULL::uuid' : `CASE right(${quoteIdentifier(alias)}.${columnOf(field)}::text, 4)${cases.join('')} END`
}
