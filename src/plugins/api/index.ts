export { addDays, type Day, dayIn, daysBetween, isTimeZone } from './calendar.ts'
export type { Capabilities, RecordAction } from './capabilities.ts'
export type {
  Actor,
  CallContext,
  DerivedRecords,
  HookContext,
  JobQueue,
  LogDetails,
  OnceContext,
  PluginCache,
  PluginContext,
  PluginLog,
  PluginMetrics,
  TaskContext,
  WorkContext,
} from './context.ts'
export { decimalOf, sumOfUnits, UNITS_OF_ONE, unitsOf } from './decimals.ts'
export {
  type DefinedPlugin,
  type Dependencies,
  defineJob,
  definePlugin,
  PLUGIN,
  PLUGIN_API_VERSION,
  type PluginDefinition,
  type PluginManifest,
} from './define-plugin.ts'
export type {
  AfterHook,
  BeforeHook,
  ChangeableRecord,
  Guard,
  PendingChange,
  RecordImage,
  RecordOperation,
  TransitionRule,
  ValidationRule,
  WrittenChange,
} from './hooks.ts'
export { type FetchOptions, FetchRefusal, type FetchRefusalCode, type PluginFetch } from './network.ts'
export type {
  AggregateOptions,
  FindOptions,
  PluginRecord,
  RecordChanges,
  RecordFilter,
  RecordGroup,
  RecordReader,
  Records,
  RecordValues,
  RecordWriter,
} from './records.ts'
export { REFUSAL, Refusal, type RefusalCode, type RefusalIssue } from './refusal.ts'
export type {
  ComputedField,
  ComputedType,
  DefaultGrant,
  FieldDescription,
  GraphQLPart,
  ModuleDescription,
  OptionalField,
  Permission,
  RecordRef,
  ReminderDescription,
  Resolver,
  ResolverClass,
} from './schema.ts'
export type { PluginText } from './text.ts'
export type { DueTimer, EventHandler, Job, Lifecycle, PluginMigration, RecordEvent, Route, RouteAnswer, RouteRequest, Timer } from './work.ts'
