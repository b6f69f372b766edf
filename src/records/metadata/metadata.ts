import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import type { Principal } from '../access/policy.ts'
import type { Registry } from '../registry/index.ts'
import { applyState } from './apply.ts'
import { type ChangeServices, type MetadataChange, type MetadataOrigin, runChange } from './change.ts'
import { deleteModule, type ModulePatch, restoreModule, updateModule } from './change-module.ts'
import { completePatch } from './complete-patch.ts'
import { fieldState } from './compose.ts'
import { createFields, type NewField } from './create-fields.ts'
import type { ModuleSite } from './create-module.ts'
import { createModule } from './create-module.ts'
import { type Dependent, dependentsOf, dependentsOfModule } from './dependents.ts'
import { describeField, describeModule } from './describe-field.ts'
import type { FieldInput, ModuleInput } from './field-input.ts'
import { argumentOf, type FieldKey, findField, findModule, type ModuleKey } from './find-field.ts'
import { checkCall, checkLimits, countFields } from './limits.ts'
import type { KernelNames } from './names.ts'
import { exportOwn, refuseOwned, withOwned } from './owned.ts'
import type { PlanStep } from './plan-steps.ts'
import { purgeModule } from './purge-module.ts'
import { deleteField, purgeField, restoreField } from './remove-field.ts'
import type { ModuleState } from './state.ts'
import { readMetadata, type StoredField, type StoredModule } from './stored.ts'
import { type FieldPatch, updateField } from './update-field.ts'
import { Workspace } from './workspace.ts'

/** A custom field as administrators see it. */
export interface FieldView {
  readonly id: string
  readonly module: string
  /** `ready`, `building` or `failed` (its indexes), or `deleted`. */
  readonly state: string
  /** Why an index could not be built. */
  readonly failure: string | null
  readonly deletedAt: string | null
  readonly description: FieldInput
}

export interface ModuleView {
  readonly id: string
  readonly number: number
  /** `active` or `deleted`. */
  readonly state: string
  readonly deletedAt: string | null
  readonly description: Omit<ModuleInput, 'fields'>
}

/** What a change did, or would do. */
export interface Outcome<T> {
  readonly value: T
  readonly schemaVersion: number
  /** What depends on it; for changes of what stands already. */
  readonly dependents: readonly Dependent[]
}

export type CreateFieldInput = FieldInput & { readonly module: string }

export interface MetadataOptions extends ChangeServices {
  /** Throws FORBIDDEN for everyone who may not change metadata. */
  readonly authorize: (principal: Principal) => void
  readonly kernel: () => KernelNames
  /** ISO 4217. */
  readonly organisationCurrency: string
  /** Writes down what this node has counted of the uses of fields; dry runs tell them. */
  readonly writeUsage: () => Promise<void>
}

/**
 * Fields and modules at run time. Each change is one transaction that takes effect on every node with its commit. `dryRun` works a change out and checks
 * it against what is stored; tables are not altered and records not written, so that it does not tell what only those can refuse: a table that stays in
 * use, a rival's value, a value that no index takes. All throw FORBIDDEN, VALIDATION_FAILED, DUPLICATE, NOT_FOUND, LIMIT_EXCEEDED, and UNAVAILABLE where a table stays in use.
 */
export interface Metadata {
  createFields(
    principal: Principal,
    inputs: readonly CreateFieldInput[],
    options: CallOptions & { readonly single?: boolean },
  ): Promise<Outcome<readonly FieldView[]>>
  updateField(principal: Principal, key: FieldKey, patch: FieldPatch, options: CallOptions): Promise<Outcome<FieldView>>
  deleteField(principal: Principal, key: FieldKey, options: CallOptions): Promise<Outcome<FieldView>>
  restoreField(principal: Principal, key: FieldKey, options: CallOptions): Promise<Outcome<FieldView>>
  purgeField(principal: Principal, key: FieldKey, options: CallOptions): Promise<Outcome<FieldView>>
  createModule(principal: Principal, input: ModuleInput, options: CallOptions): Promise<Outcome<ModuleView>>
  updateModule(principal: Principal, name: string, patch: ModulePatch, options: CallOptions): Promise<Outcome<ModuleView>>
  deleteModule(principal: Principal, name: string, options: CallOptions): Promise<Outcome<ModuleView>>
  restoreModule(principal: Principal, key: ModuleKey, options: CallOptions): Promise<Outcome<ModuleView>>
  purgeModule(principal: Principal, key: ModuleKey, options: CallOptions): Promise<Outcome<ModuleView>>
  /** A change of what plugins have brought. `site`: what the making of modules needs to know. */
  changePlugins<T>(principal: Principal, action: string, call: CallOptions, work: (change: MetadataChange, site: ModuleSite) => Promise<T>): Promise<Outcome<T>>
  /** The whole state, in the form that `apply` takes, without what belongs to plugins. */
  export(principal: Principal): Promise<readonly ModuleState[]>
  /** Makes the stored metadata what the state says, or tells what that would take. */
  apply(principal: Principal, wanted: readonly ModuleState[], options: CallOptions): Promise<Outcome<readonly PlanStep[]>>
  /** Custom fields, those of one module or all; deleted ones too where asked. */
  fields(principal: Principal, module: string | null, deleted: boolean): Promise<readonly FieldView[]>
  modules(principal: Principal, deleted: boolean): Promise<readonly ModuleView[]>
}

export interface CallOptions {
  readonly origin: MetadataOrigin
  readonly dryRun?: boolean
}

export function createMetadata(options: MetadataOptions): Metadata {
  const { authorize, kernel, organisationCurrency: currency, database, core } = options
  const attempt = async <T>(
    principal: Principal,
    action: string,
    { origin, dryRun = false }: CallOptions,
    work: (change: MetadataChange) => Promise<{ value: T; dependents?: readonly Dependent[] }>,
  ): Promise<Outcome<T>> => {
    authorize(principal)
    if (dryRun) await options.writeUsage()
    const { value, version } = await runChange(options, principal, origin, { action, dryRun }, work)
    return { value: value.value, schemaVersion: version, dependents: value.dependents ?? [] }
  }
  /** Likewise, within the limits of modules whichever way a field gets there. */
  const change: typeof attempt = (principal, action, call, work) =>
    attempt(principal, action, call, async (run) => {
      const before = countFields(run.workspace)
      const done = await work(run)
      checkLimits(before, run.workspace)
      return done
    })

  return {
    createFields: (principal, inputs, call) =>
      change(principal, 'customField.create', call, async (run) => {
        checkCall(inputs.length)
        const fields = inputs.map((input, index) => newField(run.workspace, input, call.single ? ['input'] : ['input', index]))
        const made = await createFields(run, fields, currency)
        return { value: made.map(({ id }) => fieldView(run.workspace.field(id) as StoredField, run.workspace)) }
      }),
    updateField: (principal, key, patch, call) =>
      change(principal, 'customField.update', call, async (run) => {
        const before = findField(run.workspace, key, 'active')
        refuseOwned(before, argumentOf(key))
        const dependents = await dependentsOf(before, run.workspace, run.transaction)
        const after = await updateField(run, before, completePatch(before, patch, run.workspace), currency, ['input'])
        // What would break has been refused.
        return { value: fieldView(after, run.workspace), dependents: dependents.map((each) => ({ ...each, blocking: false })) }
      }),
    deleteField: (principal, key, call) =>
      change(principal, 'customField.delete', call, async (run) => {
        const before = findField(run.workspace, key, 'active')
        refuseOwned(before, argumentOf(key))
        const dependents = await dependentsOf(before, run.workspace, run.transaction)
        const view = fieldView(before, run.workspace)
        // What stands against it is the answer of a dry run, not its failure.
        if (call.dryRun && dependents.some(({ blocking }) => blocking)) return { value: view, dependents }
        const { deletedAt } = deleteField(run, before, [argumentOf(key)])
        return { value: { ...view, state: 'deleted', deletedAt }, dependents }
      }),
    restoreField: (principal, key, call) =>
      change(principal, 'customField.restore', call, async (run) => {
        const before = findField(run.workspace, key, 'deleted')
        refuseOwned(before, argumentOf(key))
        return { value: fieldView(await restoreField(run, before, currency, argumentOf(key)), run.workspace) }
      }),
    purgeField: (principal, key, call) =>
      change(principal, 'customField.purge', call, async (run) => {
        const field = findField(run.workspace, key, 'deleted')
        const view = fieldView(field, run.workspace)
        purgeField(run, field)
        return { value: { ...view, state: 'purged' } }
      }),
    createModule: (principal, input, call) =>
      change(principal, 'customModule.create', call, async (run) => {
        checkCall(input.fields?.length ?? 0)
        return { value: moduleView(await createModule(run, input, { kernel: kernel(), currency }, ['input'])) }
      }),
    updateModule: (principal, name, patch, call) =>
      change(principal, 'customModule.update', call, async (run) => {
        const before = findModule(run.workspace, { name }, 'active')
        refuseOwned(before, 'name')
        return { value: moduleView(updateModule(run, before, patch, ['input'])) }
      }),
    deleteModule: (principal, name, call) =>
      change(principal, 'customModule.delete', call, async (run) => {
        const module = findModule(run.workspace, { name }, 'active')
        refuseOwned(module, 'name')
        const dependents = await dependentsOfModule(module, run.workspace, run.transaction)
        if (call.dryRun && dependents.some(({ blocking }) => blocking)) return { value: moduleView(module), dependents }
        return { value: moduleView(deleteModule(run, module)), dependents }
      }),
    restoreModule: (principal, key, call) =>
      change(principal, 'customModule.restore', call, async (run) => {
        const before = findModule(run.workspace, key, 'deleted')
        refuseOwned(before, argumentOf(key))
        return { value: moduleView(await restoreModule(run, before, kernel(), currency, argumentOf(key))) }
      }),
    purgeModule: (principal, key, call) =>
      change(principal, 'customModule.purge', call, async (run) => {
        const module = findModule(run.workspace, key, 'deleted')
        await purgeModule(run, module)
        return { value: { ...moduleView(module), state: 'purged' } }
      }),
    changePlugins: (principal, action, call, work) =>
      attempt(principal, action, call, async (run) => ({ value: await work(run, { kernel: kernel(), currency }) })),
    export: async (principal) => {
      authorize(principal)
      return exportOwn(new Workspace(core, await readMetadata(database)))
    },
    apply: (principal, wanted, call) =>
      // A plan tells of limits where they are met.
      attempt(principal, 'metadata.apply', call, async (run) => ({
        value: await applyState(run, withOwned(wanted, run.workspace), { kernel: kernel(), currency }, call.dryRun === true),
      })),
    fields: async (principal, module, deleted) => {
      authorize(principal)
      const workspace = new Workspace(core, await readMetadata(database))
      const number = module === null ? null : workspace.module(module)?.number
      if (number === undefined) throw new GuanxiError('NOT_FOUND', say`There is no module named ${JSON.stringify((module as string).slice(0, 60))}.`)
      return workspace.fields
        .filter(
          (field) => (number === null || field.moduleNumber === number) && (deleted || field.state === 'active') && workspace.moduleOf(field) !== undefined,
        )
        .map((field) => fieldView(field, workspace))
    },
    modules: async (principal, deleted) => {
      authorize(principal)
      const { modules } = await readMetadata(database)
      return modules.filter(({ state }) => deleted || state === 'active').map(moduleView)
    },
  }
}

function newField(workspace: Workspace, { module: name, ...input }: CreateFieldInput, path: readonly (string | number)[]): NewField {
  const module = workspace.module(name)
  if (!module)
    throw validationFailed([{ path: [...path, 'module'], code: 'UNKNOWN', message: say`There is no module named ${JSON.stringify(name.slice(0, 60))}.` }])
  return { module: { name, number: module.number, table: module.table }, input, path }
}

function fieldView(field: StoredField, workspace: Workspace): FieldView {
  const registry: Registry = workspace.registry
  return {
    id: field.id,
    module: registry.byNumber.get(field.moduleNumber)?.name ?? '',
    state: fieldState(field),
    failure: field.indexes.find(({ failure }) => failure !== null)?.failure ?? null,
    deletedAt: field.deletedAt,
    description: describeField(field, registry),
  }
}

function moduleView(module: StoredModule): ModuleView {
  const { id, number, state, deletedAt } = module
  return { id, number, state, deletedAt, description: describeModule(module) }
}
