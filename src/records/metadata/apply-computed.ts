import { type Issue, say, validationFailed } from '../../errors/index.ts'
import { type Application, redefined, siteOf } from './application.ts'
import { createWanted } from './apply-created.ts'
import { Claims } from './claims.ts'
import { inOrder } from './computed-order.ts'
import { circularIssue } from './create-fields.ts'
import { type ConditionalField, defineConditions } from './define-conditions.ts'
import { wantedIndexes } from './define-field.ts'
import { checkFormula, formulaKey } from './formula-key.ts'
import { renamedField, type WantedField } from './match-fields.ts'
import { dropIndexes, noteIndexes } from './note-indexes.ts'
import { conditionWaits } from './served.ts'
import type { StoredField, StoredModule } from './stored.ts'

/**
 * Puts what is computed over the fields that have values: what stood, what changed and what is new, each after those that it is computed from. All of
 * it is defined anew, since the types of its inputs may have changed.
 */
export async function settleComputed(application: Application, made: readonly StoredModule[]): Promise<void> {
  const { change, fields, refusals } = application
  const { workspace } = change
  const computed = fields.filter((field) => field.computed && workspace.module(field.module))
  for (const field of computed) if (isRetyped(field)) refuse(application, field, retypedIssue(field))
  const entries = computed
    .filter((field) => !isRetyped(field))
    .map((field) => ({
      module: { name: field.module },
      input: { ...field.input, aliases: field.before ? renamedField(field.before, field.input).aliases : (field.input.aliases ?? []) },
      path: field.path,
      field,
    }))
  const { groups, circular } = inOrder(entries, workspace)
  const claims = new Claims(workspace)
  for (const group of groups) {
    const settled: StoredField[] = []
    for (const { field } of group) {
      const { before } = field
      if (before) await refusals.allow(field.path, () => void settled.push(redefined(application, field, before, claims)))
    }
    for (const field of settled) workspace.put({ field })
    await createWanted(
      application,
      group.flatMap(({ field }) => (field.before ? [] : [field])),
      made,
    )
  }
  for (const each of circular) refuse(application, each.field, circularIssue(each))
}

function refuse({ refusals }: Application, { path }: WantedField, issue: Issue): void {
  refusals.keep(validationFailed([issue]), path)
}

function isRetyped({ before, input }: WantedField): boolean {
  return before !== undefined && before.type !== input.type
}

function retypedIssue({ before, input, path }: WantedField): Issue {
  return { path: [...path, 'type'], code: 'FIXED', message: say`A ${before?.type ?? ''} cannot become a ${input.type}. Make a new field.` }
}

/** Gives fields their conditions, which may use all that is there by now. */
export async function settleConditions(application: Application): Promise<void> {
  const { change, fields, refusals } = application
  const conditional = fields.flatMap((field): (ConditionalField & { readonly field: WantedField })[] => {
    const { module, input, path } = field
    const id = input.requiredWhen == null ? undefined : standIn(application, field)?.id
    return id === undefined ? [] : [{ id, input, site: siteOf(application, module), path, field }]
  })
  const issues: Issue[] = []
  defineConditions(conditional, issues)
  if (issues.length > 0) refusals.keep(validationFailed(issues), [])
  keepWaiting(application)
  for (const { field, id } of conditional) {
    // Made without it a moment ago.
    if (field.before) continue
    const { parameters } = change.workspace.field(id) as StoredField
    change.rows.push({ text: 'UPDATE custom_field SET parameters = $2 WHERE id = $1', values: [id, parameters], purpose: 'platform' })
  }
}

/** Conditions over fields that are deleted cannot stand in a state, and stay for the day on which those come back. */
function keepWaiting(application: Application): void {
  const { change, standing, fields } = application
  for (const field of fields) {
    const { before, input } = field
    const stands = before && input.requiredWhen == null && conditionWaits(before, standing) ? standIn(application, field) : undefined
    if (!before || !stands) continue
    const parameters = { ...stands.parameters, requiredWhen: before.parameters.requiredWhen }
    change.workspace.put({ field: { ...stands, parameters } as StoredField })
    change.rows.push({ text: 'UPDATE custom_field SET parameters = $2 WHERE id = $1', values: [before.id, parameters], purpose: 'platform' })
  }
}

/** The field of the workspace that the wanted one has become; undefined where a plan could not make it. */
export function standIn({ change: { workspace } }: Application, { module, input, before }: WantedField): StoredField | undefined {
  const field = workspace.field(before?.id ?? workspace.module(module)?.fields.get(input.name)?.id ?? '')
  return field?.state === 'active' && field.name === input.name ? field : undefined
}

/** Formulas must not be too large; indexes of those whose SQL is another one now are made anew. */
export async function settleFormulas(application: Application): Promise<void> {
  const { change, standing, fields, refusals } = application
  const { workspace } = change
  for (const field of fields) {
    const after = field.before && standIn(application, field)
    const module = after && workspace.moduleOf(after)
    if (!field.before || after?.type !== 'FORMULA' || !module) continue
    const issues: Issue[] = []
    checkFormula(after, workspace.registry, field.path, issues)
    if (issues.length > 0) {
      refusals.keep(validationFailed(issues), field.path)
      continue
    }
    const kinds = wantedIndexes(after.type, after.parameters)
    const present = after.indexes.map(({ kind }) => kind)
    const isSame = kinds.length === present.length && formulaKey(field.before, standing.registry) === formulaKey(after, workspace.registry)
    if (isSame) continue
    const held = { table: module.table, number: module.number }
    dropIndexes(change, held, after, present)
    await noteIndexes(change, [{ module: held, field: workspace.field(after.id) as StoredField, kinds }])
  }
}
