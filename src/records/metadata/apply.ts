import { say, validationFailed } from '../../errors/index.ts'
import { type Application, isSameRow, withoutCondition } from './application.ts'
import { settleComputed, settleConditions, settleFormulas, standIn } from './apply-computed.ts'
import { createModules, createWanted } from './apply-created.ts'
import { changeStored } from './apply-stored.ts'
import type { MetadataChange } from './change.ts'
import { changedModule, deleteModule, writeModule } from './change-module.ts'
import { isComputedInput } from './computed-order.ts'
import type { ModuleSite } from './create-module.ts'
import { checkLimits, countFields, findExcess } from './limits.ts'
import { matchFields } from './match-fields.ts'
import { type PlanStep, planSteps } from './plan-steps.ts'
import { Refusals } from './refusals.ts'
import { deleteField } from './remove-field.ts'
import { isServed } from './served.ts'
import { checkState, type ModuleState } from './state.ts'
import type { StoredField, StoredModule } from './stored.ts'
import { Workspace } from './workspace.ts'

/**
 * Makes the stored metadata what `wanted` says, all of it in one change, whatever stood before. Modules and fields that it does not name are removed.
 *
 * What stands may meet what comes on every way from one state to the other: names change hands, formulas use what leaves or is not there yet. So all
 * that is computed, all conditions and all names that are to change are taken out of the workspace first; fields and modules leave, change and come
 * while nothing depends on them; then everything that is computed is defined anew over the result, each after its inputs. The rows say what came out.
 *
 * With `planOnly`, steps that could not be carried out tell why, and the others go on without them. Throws VALIDATION_FAILED, DUPLICATE and
 * LIMIT_EXCEEDED otherwise.
 */
export async function applyState(change: MetadataChange, wanted: readonly ModuleState[], site: ModuleSite, planOnly: boolean): Promise<PlanStep[]> {
  const { workspace } = change
  const standing = new Workspace(workspace.core, {
    epochs: { schema: workspace.registry.version, access: 0 },
    modules: workspace.modules,
    fields: workspace.fields,
  })
  checkState(wanted, standing)
  const fields = matchFields(wanted, standing)
  const refusals = new Refusals(planOnly)
  const application: Application = { change, standing, wanted, fields, refusals, planOnly, currency: site.currency, unconvertible: new Map() }
  refuseOtherTargets(application)
  putAside(application)
  await remove(application)
  await changeStored(application)
  const made = await createModules(application, site)
  await createWanted(
    application,
    fields.filter(({ before, computed }) => !before && !computed),
    made,
  )
  await settleComputed(application, made)
  await settleConditions(application)
  await settleFormulas(application)
  await changeModules(application, made)
  writeFields(application)
  observeLimits(application)
  return planSteps(application)
}

/** Where a field leads is fixed; told before a module is missed that leaves. */
function refuseOtherTargets({ fields, refusals }: Application): void {
  for (const { before, input, path } of fields) {
    const { reference } = before?.parameters ?? {}
    if (!reference || input.reference == null || before?.type !== input.type || reference.module === input.reference.module) continue
    const message = say`The field refers to ${reference.module}. Make a new field for another module.`
    refusals.keep(validationFailed([{ path: [...path, 'reference', 'module'], code: 'FIXED', message }]), path)
  }
}

/** Takes out of the workspace what would stand in the way; rows are touched only where a name changes hands. */
function putAside({ change, standing, fields }: Application): void {
  const { workspace, rows } = change
  const changing = new Map(fields.flatMap(({ before, input, differs }) => (before && differs ? [[before.id, input.name] as const] : [])))
  for (const module of workspace.modules) if (module.state === 'active') workspace.put({ module: { ...module, nameField: 'id', accessParent: null } })
  for (const field of workspace.fields) {
    if (!isServed(field, standing)) continue
    const name = changing.get(field.id)
    // As long as a name of the module: nobody else can have it.
    const aside = `aside${field.id.replaceAll('-', '')}`
    if (name !== undefined && name !== field.name)
      rows.push({ text: 'UPDATE custom_field SET name = $2 WHERE id = $1', values: [field.id, aside], purpose: 'platform' })
    if (isComputedInput(field)) workspace.put({ field: { ...field, state: 'deleted' } })
    else if (name !== undefined) workspace.put({ field: asideField(field, aside) })
    else if (field.parameters.requiredWhen) workspace.put({ field: withoutCondition(field) })
  }
}

function asideField(field: StoredField, name: string): StoredField {
  const { requiredWhen: _, reference, ...parameters } = field.parameters
  const { inverseName: __, ...target } = reference ?? { module: '', onDelete: 'clear' as const }
  return { ...field, name, aliases: [], parameters: { ...parameters, ...(reference && { reference: target }) } }
}

/** What the state has no place for. Nothing in the workspace depends on it any more. */
async function remove({ change, standing, wanted, fields, refusals }: Application): Promise<void> {
  const names = new Set(wanted.map(({ name }) => name))
  const kept = new Set(fields.map(({ before }) => before?.id))
  const leaving = standing.modules.filter(({ state, name }) => state === 'active' && !names.has(name))
  const gone = new Set(leaving.map(({ number }) => number))
  for (const field of standing.fields)
    if (isServed(field, standing) && !gone.has(field.moduleNumber) && !kept.has(field.id))
      await refusals.allow(['input'], () => void deleteField(change, field, ['input']))
  // Modules that lead to each other leave together.
  for (const module of leaving) await refusals.allow(['input'], () => deleteModule(change, module, gone, ['input']))
}

/** Labels, places and naming fields, once the fields have their names. */
async function changeModules({ change, standing, wanted, fields, refusals }: Application, made: readonly StoredModule[]): Promise<void> {
  const { workspace } = change
  // All are judged by the fields before the first is put back: each would make a registry of its own.
  const after: StoredModule[] = made.filter(({ name, nameField }) => nameField === 'id' || workspace.module(name)?.fields.has(nameField))
  for (const [index, { fields: described, ...state }] of wanted.entries()) {
    const before = standing.customModule(state.name)
    if (before?.state !== 'active') continue
    const own = fields.filter(({ module }) => module === state.name)
    const naming = own.find((field) => field.before?.name === before.nameField)?.input.name ?? before.nameField
    // It may still be called by the name that a field of this very state leaves behind.
    const given = (described ?? []).find(({ was }) => was != null && was === state.nameField)?.name ?? state.nameField
    await refusals.allow(['input', index], () => {
      const changed = changedModule(workspace, before, { ...state, nameField: given ?? naming }, ['input', index])
      after.push(changed)
      writeModule(change, before, changed)
    })
  }
  for (const module of after) workspace.put({ module })
}

/** Rows of fields that are not what they were. Those whose data was changed have theirs already, but not with the condition. */
function writeFields(application: Application): void {
  const { change, fields } = application
  const touched = new Set(change.touched)
  for (const wanted of fields) {
    const field = wanted.before && standIn(application, wanted)
    if (!wanted.before || !field || isSameRow(wanted.before, field)) continue
    const name = `${wanted.module}.${field.name}`
    if (!touched.has(name)) change.touched.push(name)
    change.rows.push({
      text: 'UPDATE custom_field SET name = $2, aliases = $3, label = $4, parameters = $5, position = $6 WHERE id = $1',
      values: [field.id, field.name, field.aliases, field.label, field.parameters, field.position],
      purpose: 'platform',
    })
  }
}

function observeLimits({ change: { workspace }, standing, wanted, refusals, planOnly }: Application): void {
  const before = countFields(standing)
  if (!planOnly) checkLimits(before, workspace)
  for (const excess of findExcess(before, workspace)) {
    const path = ['input', wanted.findIndex(({ name }) => name === excess.module)]
    refusals.tell({ path, code: 'LIMIT_EXCEEDED', message: excess.message })
  }
}
