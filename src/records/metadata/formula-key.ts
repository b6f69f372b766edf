import type { Expression } from '../../entities/expression.ts'
import { type Issue, say } from '../../errors/index.ts'
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
    const message = say`A formula can be indexed while it uses neither today() nor now(), no rollup, and no field that stands in an extension table.`
    issues.push({ path: [...path, 'indexed'], code: 'NOT_APPLICABLE', message })
  }
  if (formulaSql(field.parameters.formula.expression, byId) === null)
    issues.push({
      path: [...path, 'formula'],
      code: 'LIMIT',
      message: say`With the formulas that it uses written out it is too large: it comes to more than ${MOST_SQL} characters of SQL.`,
    })
}

/** SQL over plain column names, formulas written out; null where it is too large. Each formula is written out once: twenty that double each other come to millions. */
function formulaSql(expression: Expression, byId: ReadonlyMap<string, FieldDefinition>): string | null {
  const written = new Map<string, string>()
  const fieldById = (id: string) => byId.get(id)
  const columnOf = (id: string): string => {
    const known = written.get(id)
    if (known !== undefined) return known
    const input = byId.get(id) as FieldDefinition
    const sql = input.formula ? bounded(compileExpression(input.formula.expression, fieldById, columnOf)) : comparableColumn(input)
    written.set(id, sql)
    return sql
  }
  try {
    return bounded(compileExpression(expression, fieldById, columnOf))
  } catch (error) {
    if (error instanceof TooLarge) return null
    throw error
  }
}

class TooLarge extends Error {}

function bounded(sql: string): string {
  if (sql.length > MOST_SQL) throw new TooLarge()
  return sql
}

/** SQL of a FORMULA over plain column names, as an index of it takes it; undefined for other fields and where there can be no index. */
export function formulaKey(field: Pick<StoredField, 'id' | 'type' | 'parameters' | 'moduleNumber'>, registry: Registry): string | undefined {
  const { formula } = field.parameters
  const module = registry.byNumber.get(field.moduleNumber)
  if (!formula || !module) return undefined
  const byId = fieldsById(module)
  if (!isIndexable(field.id, byId)) return undefined
  return formulaSql(formula.expression, byId) ?? undefined
}

/** An index can be kept of the FORMULA with this id: of its row's own columns alone, and the same at any time. */
function isIndexable(id: string, byId: ReadonlyMap<string, FieldDefinition>): boolean {
  const field = byId.get(id)
  if (!field) return false
  const names = new Set([field.name, ...field.inputs.map((input) => (input.module === field.module ? input.field : undefined))])
  // `inputs` tells what stands behind the formulas that it uses, too.
  if (names.has(undefined)) return false
  return [...byId.values()].filter(({ name }) => names.has(name)).every((each) => isOfRow(each, byId))
}

function isOfRow({ rollup, extension = 0, formula }: FieldDefinition, byId: ReadonlyMap<string, FieldDefinition>): boolean {
  return rollup === undefined && extension === 0 && (formula === undefined || checkExpression(formula.expression, (input) => byId.get(input)).stable)
}
