import { columnsOf } from '../../entities/columns.ts'
import { type GuanxiError, listed, type Message, say, validationFailed } from '../../errors/index.ts'
import type { ModuleDefinition } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import { type Dependent, expressionsOver, namesFieldSql } from './dependents.ts'
import { dropConditions } from './drop-conditions.ts'
import { addRequiredCheck, dropRequiredCheck, type HeldModule } from './field-columns.ts'
import { remakeFormulaIndexes } from './field-indexes.ts'
import { checkFieldName, refuseHiddenName } from './names.ts'
import { tableOf } from './place-columns.ts'
import { recheckRestored } from './recheck-dependents.ts'
import { leaveColumns } from './slots.ts'
import type { StoredField } from './stored.ts'
import type { Workspace } from './workspace.ts'

type Path = readonly (string | number)[]

/** Refuses to take away what something else is made of; `path`: of what named it. */
export function refuseWhileNeeded(name: string, dependents: readonly Dependent[], path: Path): void {
  const blocking = dependents.filter((dependent) => dependent.blocking)
  if (blocking.length === 0) return
  const names = blocking.map(({ kind, name: holder }) => `${kind} ${holder}`)
  throw validationFailed([{ path, code: 'IN_USE', message: say`${name} is needed by ${listed(names.slice(0, 10))}. Change or delete those first.` }])
}

/** Hides a field at once and everywhere. Its data stays, and comes back with a restore, until it is purged. */
export function deleteField(change: MetadataChange, field: StoredField, path: Path): StoredField {
  const { workspace } = change
  const module = workspace.moduleOf(field) as ModuleDefinition
  const isNaming = module.nameField === field.name
  refuseWhileNeeded(
    `${module.name}.${field.name}`,
    [...expressionsOver(field, workspace), ...(isNaming ? [{ kind: 'nameField', name: module.name, detail: null, blocking: true }] : [])],
    path,
  )
  if (field.parameters.required) dropRequiredCheck(change, { table: module.table, number: module.number }, field)
  const deleted: StoredField = { ...field, state: 'deleted', deletedAt: change.at.toISOString() }
  workspace.put({ field: deleted })
  change.touched.push(`${module.name}.${field.name}`)
  change.rows.push({ text: `UPDATE custom_field SET state = 'deleted', deleted_at = $2 WHERE id = $1`, values: [field.id, change.at], purpose: 'platform' })
  return deleted
}

/**
 * Brings a deleted field back with its data. Throws DUPLICATE where its name was taken meanwhile, VALIDATION_FAILED where what it leads to or is computed
 * from is not there any more, or its expression no longer holds.
 */
export async function restoreField(change: MetadataChange, field: StoredField, currency: string, argument: 'id' | 'name' = 'id'): Promise<StoredField> {
  const { workspace } = change
  const module = workspace.moduleOf(field)
  if (!module) throw refusal(argument, 'MODULE_DELETED', say`The module of ${field.name} is deleted. Restore that first.`)
  refuseWithoutTarget(field, workspace, argument)
  checkFieldName(field.name, module, ['name'], [], field.id)
  refuseHiddenName(workspace, module, field.name, ['name'], field.id)
  const aliases = field.aliases.filter((alias) => !module.fields.has(alias) && !module.aliases.has(alias) && !module.inverses.has(alias))
  const restored: StoredField = { ...field, aliases, state: 'active', deletedAt: null }
  workspace.put({ field: restored })
  if (!workspace.moduleOf(field)?.fields.has(field.name))
    throw refusal(argument, 'INPUT_DELETED', say`${field.name} is computed from a field that is deleted. Restore that first.`)
  const held: HeldModule = { table: module.table, number: module.number }
  if (field.parameters.required) addRequiredCheck(change, held, restored)
  recheckRestored(change, [restored], { currency, country: change.country }, [argument])
  await remakeFormulaIndexes(change, held, [restored])
  change.touched.push(`${module.name}.${field.name}`)
  change.rows.push({
    text: `UPDATE custom_field SET state = 'active', deleted_at = NULL, aliases = $2 WHERE id = $1`,
    values: [field.id, aliases],
    purpose: 'platform',
  })
  return workspace.field(field.id) as StoredField
}

/** The column of a reference leads to the table of one module, whoever has that module's name now. */
function refuseWithoutTarget({ name, parameters: { reference } }: StoredField, workspace: Workspace, argument: 'id' | 'name'): void {
  if (reference?.moduleNumber === undefined) return
  const target = workspace.modules.find(({ number }) => number === reference.moduleNumber)
  if (target?.state === 'active') return
  const isDeleted = target?.state === 'deleted'
  const gone = isDeleted
    ? say`${name} leads to the module ${reference.module}, which is deleted`
    : say`${name} leads to the module ${reference.module}, which is gone for good`
  const message = workspace.module(reference.module)
    ? say`${gone}; the one that has the name now is another. Make a new field.`
    : isDeleted
      ? say`${gone}. Restore that first.`
      : say`${gone}. Make a new field.`
  throw refusal(argument, 'TARGET_GONE', message)
}

function refusal(argument: 'id' | 'name', code: string, message: Message): GuanxiError {
  return validationFailed([{ path: [argument], code, message }])
}

/** Gives a deleted field up for good: nothing brings its data back, and its columns go to a later field. */
export function purgeField(change: MetadataChange, field: StoredField): StoredField {
  const { schema, workspace } = change
  const table = workspace.holderOf(field)?.table ?? `m_${field.moduleNumber}`
  const holder = tableOf(table, field)
  for (const { name } of field.indexes) schema.underLock(holder, `DROP INDEX IF EXISTS public.${name}`)
  if (field.parameters.reference && columnsOf(field).length > 0) schema.dropKey(holder, field.column)
  // That of a field which was deleted is gone already.
  if (field.state === 'active' && field.parameters.required) dropRequiredCheck(change, { table, number: field.moduleNumber }, field)
  leaveColumns(change, field)
  dropConditions(change, new Set([field.id]))
  return giveUpField(change, field)
}

/** What a field keeps beside its columns and their indexes: link table, sequence, series, rights and its row. Those go for good. */
export function giveUpField(change: MetadataChange, field: StoredField): StoredField {
  const { schema, workspace, rows } = change
  if (field.type === 'REFERENCES') schema.drop(field.column)
  if (field.type === 'AUTO_NUMBER') schema.make(`DROP SEQUENCE IF EXISTS public.${field.column}_seq`)
  change.touched.push(`${workspace.holderOf(field)?.name}.${field.name}`)
  const purged: StoredField = { ...field, state: 'purged', indexes: [] }
  workspace.put({ field: purged })
  rows.push(
    { text: `UPDATE custom_field SET state = 'purged' WHERE id = $1`, values: [field.id], purpose: 'platform' },
    { text: 'DELETE FROM custom_index WHERE field_id = $1', values: [field.id], purpose: 'platform' },
    { text: 'DELETE FROM role_field WHERE field_id = $1', values: [field.id], purpose: 'platform' },
    // Such a grant reaches nothing, and never will again.
    { text: `DELETE FROM role_grant g WHERE ${namesFieldSql('$1::text')}`, values: [field.id], purpose: 'platform' },
    { text: `DELETE FROM auto_number_series WHERE field_id = $1 OR field_id LIKE $1 || ':%'`, values: [field.id], purpose: 'platform' },
  )
  return purged
}
