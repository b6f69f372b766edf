import type { Expression } from '../../entities/expression.ts'
import { type FormulaMetadata, ROLLUP_FUNCTIONS, type RollupMetadata } from '../../entities/metadata.ts'
import { valueTypeOf } from '../../entities/value-type.ts'
import { type Issue, listed, type Message, say } from '../../errors/index.ts'
import { ExpressionError, readExpression, resultFieldType } from '../formula/index.ts'
import { expressionFields, type FieldDefinition, fieldNamed, type ModuleDefinition } from '../registry/index.ts'
import type { FieldSite } from './define-field.ts'
import type { FieldInput } from './field-input.ts'
import { conditionWaits } from './served.ts'
import type { StoredField } from './stored.ts'

type Path = readonly (string | number)[]

/** Runs `work`; an expression that does not hold becomes an issue. */
function reported<T>(path: Path, issues: Issue[], work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    issues.push({ path, code: 'EXPRESSION', message: error.text })
    return undefined
  }
}

export function defineFormula(input: FieldInput, site: FieldSite, path: Path, issues: Issue[]): FormulaMetadata | undefined {
  const { type, formula } = input
  if (type !== 'FORMULA') {
    if (formula != null) issues.push({ path: [...path, 'formula'], code: 'NOT_APPLICABLE', message: say`An expression belongs to FORMULA.` })
    return undefined
  }
  const module = moduleOf(site)
  if (formula == null || formula.trim() === '' || !module) {
    issues.push({ path: [...path, 'formula'], code: 'REQUIRED', message: say`A FORMULA needs its expression, such as "price * quantity".` })
    return undefined
  }
  return reported([...path, 'formula'], issues, () => {
    const { expression, type: result } = readExpression(formula, (name) => fieldNamed(module, name))
    return { expression, type: resultFieldType(result) }
  })
}

/** `before`: what the field has now; a condition that waits for a field that is deleted stays where nothing else is said. */
export function defineRequiredWhen(input: FieldInput, site: FieldSite, path: Path, issues: Issue[], before?: StoredField): Expression | undefined {
  const { requiredWhen } = input
  if (requiredWhen === undefined && before && conditionWaits(before, site.workspace)) return before.parameters.requiredWhen
  const module = moduleOf(site)
  if (requiredWhen == null || requiredWhen.trim() === '' || !module) return undefined
  return reported([...path, 'requiredWhen'], issues, () => {
    const { expression, type } = readExpression(requiredWhen, (name) => fieldNamed(module, name))
    if (type !== 'boolean') throw new ExpressionError(say`requiredWhen must say yes or no, such as status = "lost".`, 0)
    const rollup = rollupIn(expression, module)
    if (rollup) throw new ExpressionError(say`requiredWhen is judged while the record is written and cannot use ${rollup}, which depends on who reads it.`, 0)
    return expression
  })
}

/** Name of a ROLLUP that the expression uses, also by way of formulas. */
function rollupIn(expression: Expression, module: ModuleDefinition): string | undefined {
  const ids = new Set(expressionFields(expression))
  for (const field of module.fields.values()) {
    if (!ids.has(field.id)) continue
    const found = field.rollup ? field.name : field.formula && rollupIn(field.formula.expression, module)
    if (found !== undefined) return found
  }
  return undefined
}

export function defineRollup(input: FieldInput, site: FieldSite, path: Path, issues: Issue[]): RollupMetadata | undefined {
  const { type, rollup } = input
  if (type !== 'ROLLUP') {
    if (rollup != null) issues.push({ path: [...path, 'rollup'], code: 'NOT_APPLICABLE', message: say`rollup belongs to ROLLUP.` })
    return undefined
  }
  const refuse = (member: string, code: string, message: Message): undefined => {
    issues.push({ path: [...path, 'rollup', member], code, message })
    return undefined
  }
  const module = moduleOf(site)
  if (rollup == null || !module) return refuse('relation', 'REQUIRED', say`A ROLLUP needs rollup: {relation, function}.`)
  const relation = relationOf(module, rollup.relation, site)
  if (!relation) return refuse('relation', 'UNKNOWN', say`${module.name} has no list named ${JSON.stringify(rollup.relation.slice(0, 60))}.`)
  const name = ROLLUP_FUNCTIONS.find((each) => each === rollup.function.toUpperCase())
  if (!name) return refuse('function', 'OPTION', say`function is one of ${listed(ROLLUP_FUNCTIONS)}.`)
  const field = rollup.field == null ? undefined : fieldNamed(relation.listed, rollup.field)
  if (rollup.field != null && !field)
    return refuse('field', 'UNKNOWN', say`${relation.listed.name} has no field named ${JSON.stringify(rollup.field.slice(0, 60))}.`)
  const result = resultOf(name, field)
  if (typeof result !== 'string') return refuse('field', 'NOT_APPLICABLE', result.flaw)
  const filter =
    rollup.filter == null || rollup.filter.trim() === ''
      ? undefined
      : reported([...path, 'rollup', 'filter'], issues, () => {
          const { expression, type: given } = readExpression(rollup.filter as string, (name) => fieldNamed(relation.listed, name))
          if (given !== 'boolean') throw new ExpressionError(say`A filter must say yes or no, such as status = "won".`, 0)
          return expression
        })
  return {
    via: relation.via.id,
    ...(relation.reverse && { reverse: true }),
    module: relation.listed.name,
    function: name,
    ...(field && name !== 'COUNT' && { field: field.id }),
    ...(filter && { filter }),
    type: result,
  }
}

function moduleOf({ workspace, module }: FieldSite): ModuleDefinition | undefined {
  return workspace.module(module.name)
}

interface Relation {
  readonly via: FieldDefinition
  readonly listed: ModuleDefinition
  /** The records of the other side of a REFERENCES field that leads here. */
  readonly reverse: boolean
}

function relationOf(module: ModuleDefinition, name: string, { workspace }: FieldSite): Relation | undefined {
  const { registry } = workspace
  const inverse = module.inverses.get(name)
  if (inverse) {
    const listed = registry.module(inverse.module)
    return { via: listed.fields.get(inverse.field) as FieldDefinition, listed, reverse: true }
  }
  const field = fieldNamed(module, name)
  if (field?.type !== 'REFERENCES' || !field.reference) return undefined
  return { via: field, listed: registry.module(field.reference.module), reverse: false }
}

const NUMBERS = new Set(['INTEGER', 'DECIMAL', 'PERCENT', 'DURATION', 'RATING', 'MONEY'])
const ORDERED = new Set([...NUMBERS, 'DATE', 'DATETIME'])

/** Type of the result, or why the function does not apply. */
function resultOf(name: RollupMetadata['function'], field: FieldDefinition | undefined): RollupMetadata['type'] | { readonly flaw: Message } {
  if (name === 'COUNT') return 'INTEGER'
  if (!field) return { flaw: say`${name} needs the field that it works on.` }
  const type = valueTypeOf(field)
  const applies = name === 'SUM' || name === 'AVG' ? NUMBERS : ORDERED
  if (field.system && field.name === 'version') return { flaw: say`Nobody adds up versions.` }
  if (!applies.has(type)) return { flaw: say`${name} does not work on a ${field.type}.` }
  if (type === 'MONEY' || type === 'DATE' || type === 'DATETIME') return type
  return 'DECIMAL'
}
