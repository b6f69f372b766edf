import type { GraphQLResolveInfo } from 'graphql'
import { DefectError, type GuanxiError, say, validationFailed } from '../../errors/index.ts'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import type {
  ChangeSet,
  ConflictRule,
  RecordInput,
  RecordRef,
  TargetItem,
  UpdateItem,
  UpsertItem,
  WriteOptions,
  WriteOutcome,
} from '../../records/write/request.ts'
import type { FieldDescriptor } from '../descriptors.ts'
import { isModuleReadable } from '../plan/collect-context.ts'
import { noteKeys, noteWritten } from './named-in-inputs.ts'
import { presentNames } from './present-names.ts'
import { requireAllowed, requirePrincipal, resolveByIds } from './read-records.ts'
import { collectContextOf, type OperationSession } from './session.ts'

type WriteDescriptor = Extract<FieldDescriptor, { kind: 'write' }>

/** Source of a write payload. */
export interface WritePayload {
  readonly ids: readonly string[]
  readonly id: string | undefined
  readonly created: boolean | undefined
  readonly changeSetId: string
}

interface WriteArguments {
  readonly id?: string
  readonly ids?: readonly string[]
  readonly input?: RecordInput | readonly RecordInput[]
  readonly by?: RecordRef
  readonly updates?: readonly UpdateItem[]
  readonly upserts?: readonly UpsertItem[]
  readonly ifVersion?: number | null
  readonly onConflict?: ConflictRule | null
  readonly dryRun?: boolean | null
}

/** Record mutation of one root field, inside the operation's transaction. */
export async function resolveWrite(session: OperationSession, descriptor: WriteDescriptor, args: WriteArguments): Promise<WritePayload> {
  const { changes } = session
  requireAllowed(descriptor, session)
  if (!changes) throw new DefectError('a record mutation needs a change set')
  const module = session.runtime.registry.module(descriptor.module)
  const outcome = await write(changes, module, descriptor, args, session.named)
  return { ids: outcome.ids, id: outcome.ids[0], created: outcome.created[0], changeSetId: changes.id }
}

function write(
  changes: ChangeSet,
  module: ModuleDefinition,
  { operation, many }: WriteDescriptor,
  args: WriteArguments,
  named: Set<string>,
): Promise<WriteOutcome> {
  const at = (single: readonly (string | number)[], list: string, member?: string): WriteOptions => ({
    pathOf: (index) => (many ? (member === undefined ? [list, index] : [list, index, member]) : single),
  })
  const names = presentNames(module, changes.registry)
  const presentInputs = (inputs: readonly RecordInput[], { pathOf }: WriteOptions) => {
    const present = inputs.map((input, index) => names.input(input, pathOf(index)))
    noteWritten(present, module, changes.registry, named)
    return present
  }
  switch (operation) {
    case 'create': {
      const options = at(['input'], 'input')
      const inputs = (many ? args.input : [args.input]) as readonly RecordInput[]
      return changes.create(module, presentInputs(inputs, options), options)
    }
    case 'update': {
      const options = at(['input'], 'updates', 'input')
      const items: readonly UpdateItem[] = many
        ? (args.updates ?? []).map((item) => ({ ...item, onConflict: item.onConflict ?? args.onConflict ?? null }))
        : [{ id: args.id as string, input: args.input as RecordInput, ifVersion: args.ifVersion ?? null, onConflict: args.onConflict ?? null }]
      const inputs = presentInputs(inputsOf(items), options)
      return changes.update(
        module,
        items.map((item, index) => ({ ...item, input: inputs[index] as RecordInput })),
        options,
      )
    }
    case 'upsert': {
      const options = at(['input'], 'upserts', 'input')
      const items: readonly UpsertItem[] = many
        ? (args.upserts ?? []).map((item) => ({ ...item, onConflict: item.onConflict ?? args.onConflict ?? null }))
        : [{ by: args.by as RecordRef, input: args.input as RecordInput, ifVersion: args.ifVersion ?? null, onConflict: args.onConflict ?? null }]
      const refs = items.map(({ by }) => names.ref(by))
      noteKeys(refs, module, named)
      const inputs = presentInputs(inputsOf(items), options)
      return changes.upsert(
        module,
        items.map((item, index) => ({ ...item, by: refs[index] as RecordRef, input: inputs[index] as RecordInput })),
        options,
      )
    }
    case 'delete':
    case 'restore': {
      const items: TargetItem[] = many ? (args.ids ?? []).map((id) => ({ id })) : [{ id: args.id as string, ifVersion: args.ifVersion ?? null }]
      return changes[operation](module, items, at(['id'], 'ids'))
    }
  }
}

function inputsOf(items: readonly { readonly input: RecordInput }[]): RecordInput[] {
  return items.map(({ input }) => input)
}

/** The record(s) of a payload, as they are now in the transaction; a deleted one as it went into the recycle bin. */
export async function resolvePayloadRecords(
  session: OperationSession,
  moduleName: string,
  payload: WritePayload,
  info: GraphQLResolveInfo,
): Promise<unknown[]> {
  const principal = requirePrincipal(session)
  const module = session.runtime.registry.module(moduleName)
  if (!isModuleReadable(collectContextOf(session, principal, info.fragments, info.variableValues), module)) return payload.ids.map(() => null)
  return resolveByIds(session, principal, module, payload.ids, true, info)
}

/** All record mutations of an operation are dry, or none is: they are one transaction. */
export function isDryRun(values: readonly (boolean | null | undefined)[]): boolean {
  const dry = values.filter((value) => value === true).length
  if (dry > 0 && dry < values.length) {
    throw validationFailed([
      { path: ['dryRun'], code: 'DRY_RUN', message: say`dryRun must be given to all mutations of an operation or to none: they are one transaction.` },
    ])
  }
  return dry > 0
}

export function mixedOperation(name: string): GuanxiError {
  return validationFailed([{ path: [name], code: 'ALONE', message: say`${name} is no record mutation and must stand alone in its operation.` }])
}
