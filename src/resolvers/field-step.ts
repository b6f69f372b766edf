import type { Principal } from '../records/access/policy.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'

/** A step that a SELECT field may take. */
export interface FieldStep {
  /** Null: on create, and from no value. */
  readonly from: string | null
  /** Null: to no value. */
  readonly to: string | null
  /** Names of fields that must have a value then. */
  readonly requires: readonly string[]
  /** Keys of roles each of which may take it by itself, besides administrators; null: everybody may who may write the field. */
  readonly roles: readonly string[] | null
  /** The roles of whoever asks allow it. */
  readonly allowed: boolean
}

/** Steps of a field that plugins have a say in; null where none has. */
export type PluginSteps = (registry: Registry, module: ModuleDefinition, field: FieldDefinition, principal: Principal) => readonly FieldStep[] | null

/** A step that anybody may take. */
export function plainStep({ from = null, to = null }: { readonly from?: string | null; readonly to?: string | null }): FieldStep {
  return { from, to, requires: [], roles: null, allowed: true }
}
