import type { ModuleMetadata } from '../../entities/metadata.ts'
import { GuanxiError, quoted, say, validationFailed } from '../../errors/index.ts'
import { buildRegistry, type ModuleDefinition, type Registry, RegistryConflict } from '../registry/index.ts'
import { composeModules } from './compose.ts'
import type { StoredField, StoredMetadata, StoredModule } from './stored.ts'

/**
 * Stored metadata with the changes that are being made to it. Reads of the registry see what was changed so far, so that a formula can name a
 * field that the same change creates.
 */
export class Workspace {
  readonly core: readonly ModuleMetadata[]
  readonly #version: number
  readonly #modules: Map<string, StoredModule>
  readonly #fields: Map<string, StoredField>
  readonly #plugins: StoredMetadata['plugins']
  #registry: Registry | null = null

  constructor(core: readonly ModuleMetadata[], stored: StoredMetadata) {
    this.core = core
    this.#version = stored.epochs.schema
    this.#plugins = stored.plugins
    this.#modules = new Map(stored.modules.map((module) => [module.id, module]))
    this.#fields = new Map(stored.fields.map((field) => [field.id, field]))
  }

  get modules(): readonly StoredModule[] {
    return [...this.#modules.values()]
  }

  get fields(): readonly StoredField[] {
    return [...this.#fields.values()]
  }

  field(id: string): StoredField | undefined {
    return this.#fields.get(id)
  }

  /** The active custom module of this name, else the one that was deleted last. */
  customModule(name: string): StoredModule | undefined {
    const named = this.modules.filter((module) => module.name === name)
    return named.find(({ state }) => state === 'active') ?? named.sort((a, b) => ((a.deletedAt ?? '') < (b.deletedAt ?? '') ? 1 : -1))[0]
  }

  fieldsOf(moduleNumber: number): StoredField[] {
    return this.fields.filter((field) => field.moduleNumber === moduleNumber)
  }

  /** Name and main table of a field's module, whether that is served or deleted. */
  holderOf({ moduleNumber }: Pick<StoredField, 'moduleNumber'>): { readonly name: string; readonly table: string } | undefined {
    const isHolder = ({ number }: { readonly number: number }) => number === moduleNumber
    return this.core.find(isHolder) ?? this.modules.find(isHolder)
  }

  put(change: { readonly module?: StoredModule; readonly field?: StoredField }): void {
    if (change.module) this.#modules.set(change.module.id, change.module)
    if (change.field) this.#fields.set(change.field.id, change.field)
    this.#registry = null
  }

  /** The registry as it would be served. Throws VALIDATION_FAILED or DUPLICATE where the change makes pieces that do not fit together. */
  get registry(): Registry {
    this.#registry ??= this.#build()
    return this.#registry
  }

  #build(): Registry {
    try {
      const plugins = this.#plugins ?? []
      return buildRegistry(composeModules(this.core, { modules: this.modules, fields: this.fields, plugins }), this.#version, plugins)
    } catch (error) {
      throw error instanceof RegistryConflict ? refusalOf(error) : error
    }
  }

  module(name: string): ModuleDefinition | undefined {
    return this.registry.modules.get(name)
  }

  /** Module of a stored field, deleted ones too; undefined for a field whose module is deleted itself. */
  moduleOf(field: Pick<StoredField, 'moduleNumber'>): ModuleDefinition | undefined {
    return this.registry.byNumber.get(field.moduleNumber)
  }
}

/** No single argument is to blame: it is what the whole change leads to. */
function refusalOf({ message, rule }: RegistryConflict): GuanxiError {
  const told = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
  const issue = { path: [], code: rule, message: quoted(say`The modules would not fit together:`, told) }
  return rule === 'DUPLICATE' ? new GuanxiError('DUPLICATE', issue.message, { issues: [issue] }) : validationFailed([issue])
}
