import { literalSql } from '../sql-text.ts'
import { type LeveledRow, readableSql } from './row-levels.ts'
import { fieldLevel, partialLevel } from './secured.ts'

/** SQL of the names of fields that are shown in full on this row, although not on all; a text[]. */
export function partlyShownSql(row: LeveledRow): string {
  const { module, policy } = row
  const partly = [...module.fields.values()].filter(({ name }) => partialLevel(policy, module.name, name)?.read)
  return `array_remove(ARRAY[${partly.map((field) => `CASE WHEN ${readableSql(field, row)} THEN ${literalSql(field.name)} END`).join(', ')}]::text[], NULL)`
}

/** The field is shown in full on a row of which `partlyShownSql` gave these names. */
export function isShownOn({ module, policy }: Pick<LeveledRow, 'module' | 'policy'>, field: string, partlyShown: readonly string[]): boolean {
  const level = fieldLevel(policy, module.name, field)
  return level === 'READ' || level === 'WRITE' || partlyShown.includes(field)
}
