import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import { allOf } from '../sql-text.ts'
import { admittedSql } from './condition.ts'
import type { AccessPolicy, Admission, FieldLevel, PartialLevel } from './policy.ts'
import type { AccessBinder } from './predicate-sql.ts'
import { fieldLevel, partialLevel } from './secured.ts'

/** A row that conditions on levels are asked about. */
export interface LeveledRow {
  readonly module: ModuleDefinition
  /** Not yet quoted. */
  readonly alias: string
  readonly policy: Pick<AccessPolicy, 'modules'>
  readonly registry: Registry
  readonly binder: AccessBinder
}

/** Condition that the whole value is shown on the row; `TRUE` or `FALSE` where it is constant. */
export function readableSql(field: FieldDefinition, row: LeveledRow): string {
  const level = fieldLevel(row.policy, row.module.name, field.name)
  return level === 'READ' || level === 'WRITE' ? 'TRUE' : admits(partialOf(field, row)?.read, row)
}

/** Condition that no more than a part of the value is shown on the row, given that the whole is not. */
export function maskedSql(field: FieldDefinition, row: LeveledRow): string {
  return fieldLevel(row.policy, row.module.name, field.name) === 'MASKED' ? 'TRUE' : admits(partialOf(field, row)?.masked, row)
}

/** Condition that the field may be written on the row, which stands (`update`) or has just been made. */
export function writableSql(field: FieldDefinition, action: 'update' | 'create', row: LeveledRow): string {
  if (fieldLevel(row.policy, row.module.name, field.name) === 'WRITE') return 'TRUE'
  const admissions = partialOf(field, row)?.[action]
  return admissions ? allOf([admits(admissions, row), readableSql(field, row)]) : 'FALSE'
}

/**
 * SQL of a value as the row's level shows it. `sqlOf` writes the value at a level, `NULL::text` where it shows nothing. Where the level is the same on all rows
 * this is what it writes; else nothing is `NULL`, which has the type of the value.
 */
export function leveledSql(field: FieldDefinition, row: LeveledRow, sqlOf: (level: FieldLevel) => string): string {
  const partial = partialOf(field, row)
  const everywhere = fieldLevel(row.policy, row.module.name, field.name)
  if (!partial?.read && !partial?.masked) return sqlOf(everywhere)
  const arms = (['read', 'masked'] as const).flatMap((part) => {
    const value = sqlOf(part === 'read' ? 'READ' : 'MASKED')
    return partial[part] && value !== NOTHING ? [` WHEN ${admits(partial[part], row)} THEN ${value}`] : []
  })
  const rest = sqlOf(everywhere)
  return arms.length === 0 ? NOTHING : `CASE${arms.join('')}${rest === NOTHING ? '' : ` ELSE ${rest}`} END`
}

const NOTHING = 'NULL::text'

function partialOf(field: FieldDefinition, { policy, module }: LeveledRow): PartialLevel | undefined {
  return partialLevel(policy, module.name, field.name)
}

function admits(admissions: readonly Admission[] | undefined, { module, alias, registry, binder }: LeveledRow): string {
  return admissions ? admittedSql(admissions, module, alias, { registry, binder }) : 'FALSE'
}
