import { isDeepStrictEqual } from 'node:util'
import { type Issue, say, validationFailed } from '../../errors/index.ts'
import { directInputs, expressionFields } from '../registry/index.ts'
import type { ValueDefaults } from '../write/values.ts'
import type { MetadataChange } from './change.ts'
import { defined } from './check-values.ts'
import { defineField } from './define-field.ts'
import { describeField } from './describe-field.ts'
import { checkFormula } from './formula-key.ts'
import { conditionWaits, isServed } from './served.ts'
import type { FieldParameters, StoredField } from './stored.ts'
import type { Workspace } from './workspace.ts'

type Path = readonly (string | number)[]

/**
 * Goes through everything that is made of a field, after that has changed in the workspace. Formulas and rollups, those over others too, get the type
 * that they have now, as if they had been written today; the schema changes with them. Throws VALIDATION_FAILED where an expression no longer holds, or a
 * formula has grown too large or cannot keep its index.
 */
export function recheckDependents(change: MetadataChange, field: StoredField, values: ValueDefaults, path: Path): void {
  const { workspace } = change
  const issues: Issue[] = []
  // What waits for something else is judged when that comes back.
  const isJudged = (id: string): boolean => {
    const found = workspace.field(id) as StoredField
    return isServed(found, workspace) && !conditionWaits(found, workspace)
  }
  const computed = computedFrom(field.id, workspace).filter(isJudged)
  for (const id of [...computed, ...conditionsOn([field.id, ...computed], workspace).filter(isJudged)]) {
    const found = rederive(change, id, field.id, values, path)
    if (found) issues.push(found)
  }
  if (issues.length === 0) checkFormula(workspace.field(field.id) as StoredField, workspace.registry, path, issues)
  for (const id of computed) {
    if (issues.length > 0) break
    // Inputs come before what is made of them, so that the first that is too large is not much larger than is allowed.
    const found = tooMuch(workspace.field(id) as StoredField, workspace, path)
    if (found) issues.push(found)
  }
  if (issues.length > 0) throw validationFailed(issues)
}

/**
 * Does the same for fields that come back from deletion, and for those that waited for them: what they are made of may have changed meanwhile. What still waits
 * for something else is left alone. Answers those that are back. Throws VALIDATION_FAILED where an expression no longer holds.
 */
export function recheckRestored(change: MetadataChange, fields: readonly StoredField[], values: ValueDefaults, path: Path): readonly StoredField[] {
  const { workspace } = change
  const issues: Issue[] = []
  const ids = new Set(fields.flatMap(({ id }) => [id, ...computedFrom(id, workspace)]))
  const back = [...ids].map((id) => workspace.field(id) as StoredField).filter((field) => isServed(field, workspace) && !conditionWaits(field, workspace))
  for (const { id } of inputsFirst(back)) {
    const found = rederive(change, id, null, values, path) ?? tooMuch(workspace.field(id) as StoredField, workspace, path)
    if (found) issues.push(found)
  }
  if (issues.length > 0) throw validationFailed(issues)
  return back
}

/** Those with expressions: each behind the ones that it is computed from, and those with conditions alone at the end. */
function inputsFirst(fields: readonly StoredField[]): StoredField[] {
  const byId = new Map(fields.map((field) => [field.id, field]))
  const order = new Set<StoredField>()
  const open = new Set<string>()
  const visit = (field: StoredField): void => {
    if (open.has(field.id)) return
    open.add(field.id)
    for (const input of directInputs(field.parameters)) {
      const source = byId.get(input)
      if (source) visit(source)
    }
    if (field.parameters.formula || field.parameters.rollup) order.add(field)
  }
  for (const field of fields) visit(field)
  return [...order, ...fields.filter((field) => field.parameters.requiredWhen && !order.has(field))]
}

/** Ids of the active formulas and rollups behind which the field stands, inputs before what is made of them. */
function computedFrom(source: string, { fields }: Workspace): string[] {
  const active = fields.filter(({ state }) => state === 'active')
  const users = new Map<string, string[]>()
  for (const { id, parameters } of active) for (const input of directInputs(parameters)) users.set(input, [...(users.get(input) ?? []), id])
  const seen = new Set([source])
  const order: string[] = []
  const visit = (id: string): void => {
    for (const user of users.get(id) ?? []) {
      if (seen.has(user)) continue
      seen.add(user)
      visit(user)
      order.unshift(user)
    }
  }
  visit(source)
  return order
}

/** Ids of the active fields whose `requiredWhen` names one of these, and that are none of them but the first. */
function conditionsOn(ids: readonly string[], { fields }: Workspace): string[] {
  const [source, ...computed] = ids
  return fields.flatMap(({ id, state, parameters: { requiredWhen } }) => {
    const names = state === 'active' && requiredWhen !== undefined && expressionFields(requiredWhen).some((input) => ids.includes(input))
    return names && (id === source || !computed.includes(id)) ? [id] : []
  })
}

/** A formula that has grown too large, or cannot keep its index. */
function tooMuch(formula: StoredField, workspace: Workspace, path: Path): Issue | undefined {
  const found: Issue[] = []
  checkFormula(formula, workspace.registry, path, found)
  return found[0] && broken(formula, found[0], workspace, path)
}

const EXPRESSIONS: ReadonlySet<string | number | undefined> = new Set(['formula', 'rollup', 'requiredWhen'])

/** Stores what the dependent's expressions come to today; answers what is wrong with them. `source`: the field whose row is written anyway. */
function rederive(change: MetadataChange, id: string, source: string | null, values: ValueDefaults, path: Path): Issue | undefined {
  const { workspace } = change
  const dependent = workspace.field(id) as StoredField
  const module = workspace.moduleOf(dependent)
  if (!module) return undefined
  const found: Issue[] = []
  const site = { workspace, module: { name: module.name, number: module.number }, values }
  const { parameters } = defineField(describeField(dependent, workspace.registry), site, path, found, dependent)
  const flaw = found.find((issue) => EXPRESSIONS.has(issue.path[path.length]))
  if (flaw) return broken(dependent, flaw, workspace, path)
  const derived: Partial<FieldParameters> = defined({ formula: parameters.formula, rollup: parameters.rollup, requiredWhen: parameters.requiredWhen })
  const { formula, rollup, requiredWhen } = dependent.parameters
  if (isDeepStrictEqual(asStored(derived), asStored(defined({ formula, rollup, requiredWhen })))) return undefined
  const next: StoredField = { ...dependent, parameters: { ...dependent.parameters, ...derived } }
  workspace.put({ field: next })
  // The row of the field itself is written with all else that changes in it.
  if (id === source) return undefined
  change.paths.set(id, path)
  change.touched.push(`${module.name}.${next.name}`)
  change.rows.push({ text: 'UPDATE custom_field SET parameters = $2 WHERE id = $1', values: [id, next.parameters], purpose: 'platform' })
  return undefined
}

/** JSON keeps no member that is undefined. */
function asStored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function broken(dependent: StoredField, { message }: Issue, workspace: Workspace, path: Path): Issue {
  const name = `${workspace.moduleOf(dependent)?.name}.${dependent.name}`
  return { path, code: 'DEPENDENT', message: say`${name} would no longer hold: ${message}` }
}
