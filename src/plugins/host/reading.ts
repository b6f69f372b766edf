import { API_NAMES } from '../../auth/predicate-names.ts'
import { readPredicate } from '../../auth/read-predicate.ts'
import { GuanxiError, type Issue, say, validationFailed } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import { fieldLevel, isAllowed } from '../../records/access/secured.ts'
import type { AuditOrigin, ReadLog } from '../../records/audit/index.ts'
import type { Executor } from '../../records/database.ts'
import { type PlanInputs, planRead, type ReadRequest, runRead } from '../../records/read/index.ts'
import type { FilterNode } from '../../records/read/request.ts'
import { type FieldDefinition, fieldNamed, type ModuleDefinition, type Registry } from '../../records/registry/index.ts'
import type { RecordFilter } from '../api/index.ts'

/** By whose rights, and where, records are read. */
export interface Reading {
  readonly executor: Executor
  readonly registry: Registry
  readonly principal: Principal
  readonly organisationCurrency: string
  /** In a transaction that has compared the epochs already. */
  readonly checked: boolean
  /** Where the reads come from, for the audit of sensitive fields. */
  readonly origin: AuditOrigin
  readonly noteReads: ReadLog['note']
}

/** A value that is known when the plan is made. */
export const constant = (value: unknown) => ({ kind: 'constant', value }) as const

/** Runs a read of the engine. */
export async function run({ executor, registry, principal, organisationCurrency, checked }: Reading, request: ReadRequest): Promise<unknown> {
  const { policy } = principal
  const inputs: PlanInputs = { policy, variables: {}, checked, cursorKey: '', decodedCursors: new Map() }
  const text = await runRead(planRead(request, { registry, policy, organisationCurrency, inputs }), inputs, executor)
  return text === null ? null : JSON.parse(text)
}

/** Throws FORBIDDEN for a module that is not there, or may not be read. */
export function readable({ registry, principal }: Reading, name: string): ModuleDefinition {
  const module = registry.modules.get(name)
  if (module && isAllowed(module, 'READ', principal.policy, registry)) return module
  throw new GuanxiError('FORBIDDEN', say`The user may not read ${String(name).slice(0, 60)}, or the plugin has no capability for it.`)
}

/** Throws VALIDATION_FAILED for a field that is not there. */
export function required(module: ModuleDefinition, name: string): FieldDefinition {
  const field = fieldNamed(module, name)
  if (!field) throw validationFailed([{ path: [name], code: 'UNKNOWN', message: say`The module ${module.name} has no field ${String(name).slice(0, 60)}.` }])
  return field
}

/** The field is read in full on all records: what is compared, ordered, grouped or added up must be. */
export function isUsable({ principal }: Reading, { module, name }: FieldDefinition): boolean {
  const level = fieldLevel(principal.policy, module, name)
  return level === 'READ' || level === 'WRITE'
}

/** The filter of a plugin; null for none. Throws VALIDATION_FAILED. */
export function filterOf(reading: Reading, module: ModuleDefinition, filter: RecordFilter | undefined): FilterNode | null {
  if (filter === undefined || Object.keys(filter).length === 0) return null
  const issues: Issue[] = []
  const source = { module, registry: reading.registry, names: API_NAMES, path: ['filter'], mayRead: (field: FieldDefinition) => isUsable(reading, field) }
  const predicate = readPredicate(filter, source, issues)
  if (!predicate) throw validationFailed(issues)
  return predicate.node
}
