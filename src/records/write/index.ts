export type { CheckedChangeSet } from './change-set.ts'
export type {
  ChangeOrigin,
  ChangeSet,
  ConflictRule,
  RecordInput,
  RecordRef,
  TargetItem,
  UpdateItem,
  UpsertItem,
  WriteOptions,
  WriteOutcome,
} from './request.ts'
export type { AppliedChange, DerivedUpdate, DerivedWrites, ModuleRule, MoneyTotal, Operation, PendingChange, RecordImage, RuleContext } from './rule.ts'
export { createWriter, type RulesAround, type Writer, type WriterOptions } from './writer.ts'
