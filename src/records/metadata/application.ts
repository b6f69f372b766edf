import { isDeepStrictEqual } from 'node:util'
import { type Issue, validationFailed } from '../../errors/index.ts'
import type { ModuleDefinition } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import type { Claims } from './claims.ts'
import { defineField, type FieldSite } from './define-field.ts'
import { describeField } from './describe-field.ts'
import { patchOf, renamedField, type WantedField } from './match-fields.ts'
import type { Refusals } from './refusals.ts'
import type { ModuleState } from './state.ts'
import type { StoredField } from './stored.ts'
import { merged, type previewConversion } from './update-field.ts'
import type { Workspace } from './workspace.ts'

/** A state that is being applied: what its parts share. */
export interface Application {
  readonly change: MetadataChange
  /** What stood before, whole. */
  readonly standing: Workspace
  readonly wanted: readonly ModuleState[]
  readonly fields: readonly WantedField[]
  readonly refusals: Refusals
  readonly planOnly: boolean
  /** ISO 4217. */
  readonly currency: string
  /** Values without a form in their field's new type, by the field's id. */
  readonly unconvertible: Map<string, Awaited<ReturnType<typeof previewConversion>>>
}

export function siteOf({ change: { workspace, country }, currency }: Application, module: string): FieldSite {
  const { name, number } = workspace.module(module) as ModuleDefinition
  return { workspace, module: { name, number }, values: { currency, country } }
}

/** The standing field as the state describes it, but for its condition. Throws VALIDATION_FAILED, DUPLICATE. */
export function redefined(application: Application, { module, input, path }: WantedField, before: StoredField, claims: Claims): StoredField {
  const { change, standing } = application
  const issues: Issue[] = []
  const base = renamedField(before, input)
  claims.take(change.workspace.module(module) as ModuleDefinition, { ...input, aliases: base.aliases }, path, issues)
  const description = merged(describeField(before, standing.registry), patchOf(input))
  const definition = defineField({ ...description, requiredWhen: null }, siteOf(application, module), path, issues, base)
  if (issues.length > 0) throw validationFailed(issues)
  return { ...base, type: input.type, ...definition, position: input.position ?? before.position }
}

export function withoutCondition(field: StoredField): StoredField {
  const { requiredWhen: _, ...parameters } = field.parameters
  return { ...field, parameters }
}

/** Both rows say the same. */
export function isSameRow(one: StoredField, other: StoredField): boolean {
  const row = ({ name, aliases, type, label, parameters, position }: StoredField) => ({ name, aliases, type, label, parameters, position })
  return isDeepStrictEqual(row(one), row(other))
}
