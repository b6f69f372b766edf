import type { FieldDefinition } from '../registry/definition.ts'
import { literalSql } from '../sql-text.ts'
import { type LeveledRow, maskedSql, readableSql } from './row-levels.ts'
import { fieldLevel, partialLevel } from './secured.ts'

/** SQL of the keys of fields that are shown in full on this row, although not on all; a text[]. */
export function partlyShownSql(row: LeveledRow, keyOf: (field: FieldDefinition) => string): string {
  return partlySql('read', readableSql, row, keyOf)
}

/** SQL of the keys of fields of which a part is shown on this row, or all, although not on all rows; a text[]. */
export function partlyMaskedSql(row: LeveledRow, keyOf: (field: FieldDefinition) => string): string {
  return partlySql('masked', maskedSql, row, keyOf)
}

function partlySql(
  part: 'read' | 'masked',
  conditionOf: (field: FieldDefinition, row: LeveledRow) => string,
  row: LeveledRow,
  keyOf: (field: FieldDefinition) => string,
): string {
  const { module, policy } = row
  const partly = [...module.fields.values()].filter(({ name }) => partialLevel(policy, module.name, name)?.[part])
  if (partly.length === 0) return "'{}'::text[]"
  return `array_remove(ARRAY[${partly.map((field) => `CASE WHEN ${conditionOf(field, row)} THEN ${literalSql(keyOf(field))} END`).join(', ')}]::text[], NULL)`
}

/** Fields that are shown in full on all rows. */
export function shownFields({ module, policy }: Pick<LeveledRow, 'module' | 'policy'>): readonly FieldDefinition[] {
  return [...module.fields.values()].filter(({ name }) => ['READ', 'WRITE'].includes(fieldLevel(policy, module.name, name)))
}
