import type { Expression } from '../../entities/expression.ts'
import type { Issue } from '../../errors/index.ts'
import { checkExpression, compileExpression } from '../formula/index.ts'
import { comparableColumn } from '../read/columns.ts'
import { type FieldDefinition, fieldsById, type Registry } from '../registry/index.ts'
import type { StoredField } from './stored.ts'

/** Characters of SQL that a formula may come to, those that it is made of written out; it stands in every statement that uses it. */
const MOST_SQL = 20_000

/** What is wrong with a FORMULA as a whole: it is too large, or is to be indexed and cannot be. Adds issues. */
export function checkFormula(field: StoredField, registry: Registry, path: readonly (string | number)[], issues: Issue[]): void {
  const module = registry.byNumber.get(field.moduleNumber)
  if (!field.parameters.formula || !module) return
  const byId = fieldsById(module)
  const indexable = isIndexable(field.id, byId)
  if (field.parameters.indexed && !indexable) {
    const message = 'A formula can be indexed while it uses neither today() nor now(), no rollup, and no field that stands in an extension table.'
    issues.push({ path: [...path, 'indexed'], code: 'NOT_APPLICABLE', message })
  }
  const { length } = formulaSql(field.parameters.formula.expression, byId)
  if (length > MOST_SQL)
    issues.push({
      path: [...path, 'formula'],
      code: 'LIMIT',
      message: `With the formulas that it uses written out it is too large (${length} characters of SQL; ${MOST_SQL} are allowed).`,
    })
}

/** SQL over plain column names, formulas written out. */
function formulaSql(expression: Expression, byId: ReadonlyMap<string, FieldDefinition>): string {
  const fieldById = (id: string) => byId.get(id)
  const columnOf = (id: string): string => {
    const input = byId.get(id) as FieldDefinition
    return input.formula ? compileExpression(input.formula.expression, fieldById, columnOf) : comparableColumn(input)
  }
  return compileExpression(expression, fieldById, columnOf)
}

/** SQL of a FORMULA over plain column names, as an index of it takes it; undefined for other fields and where there can be no index. */
export function formulaKey(field: Pick<StoredField, 'id' | 'type' | 'parameters' | 'moduleNumber'>, registry: Registry): string | undefined {
  const { formula } = field.parameters
  const module = registry.byNumber.get(field.moduleNumber)
  if (!formula || !module) return undefined
  const byId = fieldsById(module)
  return isIndexable(field.id, byId) ? formulaSql(formula.expression, byId) : undefined
}

/** An index can be kept of the FORMULA with this id. */
export function isIndexable(id: string, byId: ReadonlyMap<string, FieldDefinition>): boolean {
  const field = byId.get(id)
  if (!field || field.rollup || (field.extension ?? 0) > 0) return false
  if (!field.formula) return true
  const { stable } = checkExpression(field.formula.expression, (input) => byId.get(input))
  return stable && field.inputs.every((input) => input.module === field.module && isIndexable(idOf(input.field, byId), byId))
}

function idOf(name: string, byId: ReadonlyMap<string, FieldDefinition>): string {
  for (const [id, field] of byId) if (field.name === name) return id
  return ''
}
