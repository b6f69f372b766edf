import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import { canonicalId } from '../../lib/record-id.ts'
import { fieldNamed } from '../registry/index.ts'
import type { StoredField, StoredModule } from './stored.ts'
import type { Workspace } from './workspace.ts'

/** Names a custom field: by its id, or by its module and name. */
export interface FieldKey {
  readonly id?: string | null
  readonly module?: string | null
  readonly name?: string | null
}

function byId(workspace: Workspace, text: string): StoredField | undefined {
  const id = canonicalId(text)
  return id === null ? undefined : workspace.field(id)
}

/** Throws NOT_FOUND, VALIDATION_FAILED for a key that names nothing, FORBIDDEN for a field that is no custom one. */
export function findField(workspace: Workspace, { id, module, name }: FieldKey, state: 'active' | 'deleted'): StoredField {
  if ((id == null) === (module == null || name == null))
    throw validationFailed([{ path: ['id'], code: 'KEY', message: say`Name the field by its id, or by module and name.` }])
  const found = id == null ? byName(workspace, module as string, name as string, state) : byId(workspace, id)
  if (!found || found.state === 'purged' || found.state === 'withheld') throw new GuanxiError('NOT_FOUND', say`There is no such custom field.`)
  if (found.state !== state)
    throw validationFailed([
      {
        path: [argumentOf({ id })],
        code: 'STATE',
        message: state === 'deleted' ? say`${found.name} is not deleted.` : say`${found.name} is deleted. Restore it first.`,
      },
    ])
  return found
}

/** The argument that names the field. */
export function argumentOf({ id }: FieldKey): 'id' | 'name' {
  return id == null ? 'name' : 'id'
}

function byName(workspace: Workspace, moduleName: string, name: string, state: 'active' | 'deleted'): StoredField | undefined {
  const module = workspace.module(moduleName)
  if (!module) throw new GuanxiError('NOT_FOUND', say`There is no module named ${JSON.stringify(moduleName.slice(0, 60))}.`)
  const deleted = lastDeleted(workspace.fieldsOf(module.number).filter((field) => field.state === 'deleted' && field.name === name))
  if (state === 'deleted' && deleted) return deleted
  const field = fieldNamed(module, name)
  if (field && !field.custom) throw new GuanxiError('FORBIDDEN', say`${module.name}.${name} comes with the product and cannot be changed.`)
  return (field && workspace.field(field.id)) ?? deleted
}

/** Names a custom module: by its id, which tells apart those that had one name after each other, or by its name. */
export interface ModuleKey {
  readonly id?: string | null
  readonly name?: string | null
}

/** Throws NOT_FOUND, VALIDATION_FAILED for a key that names nothing, FORBIDDEN for a module that comes with the product. Of several deleted ones of a name the last. */
export function findModule(workspace: Workspace, { id, name }: ModuleKey, state: 'active' | 'deleted'): StoredModule {
  if ((id == null) === (name == null)) throw validationFailed([{ path: ['name'], code: 'KEY', message: say`Name the module by its name, or by its id.` }])
  if (name != null && workspace.core.some((module) => module.name === name))
    throw new GuanxiError('FORBIDDEN', say`The module ${name} comes with the product and cannot be changed.`)
  const module = id != null ? workspace.modules.find((each) => each.id === id.toLowerCase()) : moduleNamed(workspace, name as string, state)
  if (!module || module.state === 'purged' || module.state === 'withheld')
    throw new GuanxiError(
      'NOT_FOUND',
      name == null ? say`There is no custom module of this id.` : say`There is no custom module named ${JSON.stringify(name.slice(0, 60))}.`,
    )
  if (module.state !== state)
    throw validationFailed([
      {
        path: [id == null ? 'name' : 'id'],
        code: 'STATE',
        message: state === 'deleted' ? say`${module.name} is not deleted.` : say`${module.name} is deleted. Restore it first.`,
      },
    ])
  return module
}

function moduleNamed({ modules }: Workspace, name: string, state: 'active' | 'deleted'): StoredModule | undefined {
  const named = modules.filter((module) => module.name === name && module.state !== 'purged' && module.state !== 'withheld')
  return lastDeleted(named.filter((module) => module.state === state)) ?? lastDeleted(named)
}

function lastDeleted<T extends { readonly deletedAt: string | null }>(items: readonly T[]): T | undefined {
  return [...items].sort((a, b) => ((a.deletedAt ?? '') < (b.deletedAt ?? '') ? 1 : -1))[0]
}
