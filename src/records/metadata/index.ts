export { isAlwaysFilled } from './always-filled.ts'
export type { MaintenanceConnection } from './build-indexes.ts'
export type { ChangeServices, MetadataChange, MetadataOrigin, MetadataOwner } from './change.ts'
export type { ModuleSite } from './create-module.ts'
export type { Dependent } from './dependents.ts'
export type { FieldInput, LabelInput, ModuleInput } from './field-input.ts'
export { createFieldUsage, type FieldUsage, type FieldUse } from './field-usage.ts'
export { findDrift } from './find-drift.ts'
export { loadRegistry } from './load-registry.ts'
export { connectForMaintenance, maintain } from './maintenance.ts'
export {
  type CallOptions,
  type CreateFieldInput,
  createMetadata,
  type FieldView,
  type Metadata,
  type MetadataOptions,
  type ModuleView,
  type Outcome,
} from './metadata.ts'
export type { KernelNames } from './names.ts'
export type { PlanStep } from './plan-steps.ts'
export { applyPlugin, type FieldName, holdFields, type PluginSchema, purgePlugin, withholdPlugin } from './plugin-state.ts'
export type { FieldState, ModuleState } from './state.ts'
export type { FieldPatch } from './update-field.ts'
export { adoptFields, upgradeConflicts } from './upgrade.ts'
