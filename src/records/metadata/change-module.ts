import { isDeepStrictEqual } from 'node:util'
import { type Issue, listed, say, validationFailed } from '../../errors/index.ts'
import type { MetadataChange } from './change.ts'
import { checkModuleLimit, checkNameField, kindOf } from './create-module.ts'
import { outsideDependents } from './dependents.ts'
import { describeModule } from './describe-field.ts'
import { addRequiredCheck, dropRequiredCheck } from './field-columns.ts'
import { remakeFormulaIndexes } from './field-indexes.ts'
import type { ModuleInput } from './field-input.ts'
import { localizedText } from './localized.ts'
import { checkModuleNames, type KernelNames } from './names.ts'
import { recheckRestored } from './recheck-dependents.ts'
import { refuseWhileNeeded } from './remove-field.ts'
import { MODULE_KINDS, type StoredModule } from './stored.ts'
import { leadsTo } from './targets.ts'
import type { Workspace } from './workspace.ts'

/** New values of a module's description; what is left out stays. */
export type ModulePatch = { readonly [member in keyof Omit<ModuleInput, 'fields' | 'kind'>]?: ModuleInput[member] | null }

type Path = readonly (string | number)[]

/** Changes labels, place and naming field. The API names of a module are permanent: its types and root fields are made of them. */
export function updateModule(change: MetadataChange, before: StoredModule, patch: ModulePatch, path: Path): StoredModule {
  const after = changedModule(change.workspace, before, patch, path)
  change.workspace.put({ module: after })
  writeModule(change, before, after)
  return after
}

const MADE_OF_NAMES = say`the schema's types and root fields are made of it`
const PERMANENT = { name: MADE_OF_NAMES, pluralName: MADE_OF_NAMES, accessParent: say`who reads what has been told by it` } as const

/** The module as it will be; changes nothing. `kind` tells what a module was made as and brings nothing later. Throws VALIDATION_FAILED. */
export function changedModule(workspace: Workspace, before: StoredModule, patch: ModulePatch & { readonly kind?: string | null }, path: Path): StoredModule {
  const issues: Issue[] = []
  for (const member of ['name', 'pluralName', 'accessParent'] as const) {
    if (patch[member] != null && patch[member] !== before[member])
      issues.push({
        path: [...path, member],
        code: 'FIXED',
        message: say`${member} is permanent: ${PERMANENT[member]}. Labels can change.`,
      })
  }
  const described = describeModule(before)
  const nameField = patch.nameField ?? before.nameField
  const others = (list: 'labels' | 'pluralLabels', plain: string | null | undefined) =>
    patch[list] ?? (plain == null ? described[list] : described[list]?.filter(({ locale }) => locale !== 'en'))
  const label = localizedText(patch.label, others('labels', patch.label), 200, path, 'label', issues) ?? before.label
  const pluralLabel = localizedText(patch.pluralLabel, others('pluralLabels', patch.pluralLabel), 200, path, 'pluralLabel', issues) ?? before.pluralLabel
  checkNameField(nameField, workspace.module(before.name)?.fields.values() ?? [], path, issues)
  const kind = patch.kind == null ? before.kind : kindOf(patch)
  if (!kind) issues.push({ path: [...path, 'kind'], code: 'OPTION', message: say`kind is one of ${listed(MODULE_KINDS)}.` })
  if (issues.length > 0) throw validationFailed(issues)
  return { ...before, label, pluralLabel, nameField, kind: kind ?? before.kind, position: patch.position ?? before.position }
}

/** Notes the module's row, where it is not what it was. */
export function writeModule(change: MetadataChange, before: StoredModule, after: StoredModule): void {
  if (isDeepStrictEqual(before, after)) return
  change.touched.push(after.name)
  change.rows.push({
    text: 'UPDATE custom_module SET label = $2, plural_label = $3, name_field = $4, position = $5, kind = $6 WHERE id = $1',
    values: [after.id, after.label, after.pluralLabel, after.nameField, after.position, after.kind],
    purpose: 'platform',
  })
}

/**
 * Hides a module with its records and fields at once and everywhere; a restore brings all of it back, until it is purged. `leaving`: numbers of the
 * modules that the same change deletes.
 */
export function deleteModule(change: MetadataChange, module: StoredModule, leaving: ReadonlySet<number> = new Set(), path: Path = ['name']): StoredModule {
  refuseWhileNeeded(`The module ${module.name}`, outsideDependents(module, change.workspace, leaving), path)
  const deleted: StoredModule = { ...module, state: 'deleted', deletedAt: change.at.toISOString() }
  change.workspace.put({ module: deleted })
  change.touched.push(module.name)
  change.rows.push({ text: `UPDATE custom_module SET state = 'deleted', deleted_at = $2 WHERE id = $1`, values: [module.id, change.at], purpose: 'platform' })
  return deleted
}

/**
 * Throws DUPLICATE or VALIDATION_FAILED where its names were taken meanwhile, or an expression of its fields no longer holds; LIMIT_EXCEEDED where it would be
 * one too many.
 */
export async function restoreModule(
  change: MetadataChange,
  module: StoredModule,
  kernel: KernelNames,
  currency: string,
  argument: 'id' | 'name' = 'name',
): Promise<StoredModule> {
  checkModuleLimit(change.workspace)
  const issues: Issue[] = []
  checkModuleNames(module, change.workspace.registry, kernel, [], issues)
  if (issues.length > 0) throw validationFailed(issues)
  const restored: StoredModule = { ...module, state: 'active', deletedAt: null }
  change.workspace.put({ module: restored })
  renewRequiredChecks(change, [restored])
  const concerned = change.workspace.fields.filter((field) => field.state === 'active' && (field.moduleNumber === module.number || leadsTo(field, module)))
  const back = recheckRestored(change, concerned, { currency, country: change.country }, [argument])
  for (const { table, number } of change.workspace.registry.modules.values())
    await remakeFormulaIndexes(
      change,
      { table, number },
      back.filter(({ moduleNumber }) => moduleNumber === number),
    )
  change.touched.push(module.name)
  change.rows.push({ text: `UPDATE custom_module SET state = 'active', deleted_at = NULL WHERE id = $1`, values: [module.id], purpose: 'platform' })
  return restored
}

/**
 * A required reference is not served, and cannot be demanded, while the module that it leads to is deleted: that concerns fields of the restored modules
 * whose target is deleted, and fields of others that were waiting for these. Once for all modules of a change: a field may concern two of them.
 */
export function renewRequiredChecks(change: MetadataChange, modules: readonly StoredModule[]): void {
  const { workspace } = change
  for (const field of workspace.fields) {
    const { reference, required } = field.parameters
    // Once, also where it leads from one of them to another.
    const concerned = modules.some((module) => field.moduleNumber === module.number || leadsTo(field, module))
    const holder = workspace.moduleOf(field)
    if (field.state !== 'active' || !required || reference?.moduleNumber === undefined || !concerned || !holder) continue
    const held = { table: holder.table, number: holder.number }
    dropRequiredCheck(change, held, field)
    if (holder.fields.get(field.name)?.id === field.id) addRequiredCheck(change, held, field)
  }
}
