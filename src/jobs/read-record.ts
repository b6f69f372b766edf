import type { Principal } from '../records/access/policy.ts'
import { isEverShown } from '../records/access/secured.ts'
import type { Executor } from '../records/database.ts'
import { type PlanInputs, planRead, runRead, type SelectedField } from '../records/read/index.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/index.ts'

export interface RecordReading {
  readonly executor: Executor
  readonly registry: Registry
  readonly principal: Principal
  readonly organisationCurrency: string
}

/** The fields of a record in the API's forms, as far as the principal reads them: what is hidden is null. Null where he does not read the record, or it is deleted. Throws StaleEpochError. */
export async function readRecord(
  { executor, registry, principal, organisationCurrency }: RecordReading,
  module: ModuleDefinition,
  id: string,
  fields: readonly SelectedField[],
): Promise<Readonly<Record<string, unknown>> | null> {
  const { policy } = principal
  const inputs: PlanInputs = { policy, variables: {}, checked: false, cursorKey: '', decodedCursors: new Map() }
  const operand = { kind: 'constant', value: id } as const
  const plan = planRead({ kind: 'get', module, id: operand, selection: { module, fields } }, { registry, policy, organisationCurrency, inputs })
  const data = await runRead(plan, inputs, executor)
  return data === null ? null : (JSON.parse(data) as Record<string, unknown>)
}

/** Selects fields by name. */
export function valuesOf(module: ModuleDefinition, { policy }: Principal, names: readonly string[]): SelectedField[] {
  return names.map((name) => {
    const field = module.fields.get(name) as FieldDefinition
    return isEverShown(policy, module.name, name) ? { kind: 'value', key: name, field } : { kind: 'hidden', key: name }
  })
}
