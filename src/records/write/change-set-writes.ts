import type { ModuleDefinition } from '../registry/definition.ts'
import type { RecordInput, TargetItem, UpdateItem, UpsertItem, WriteOptions, WriteOutcome } from './request.ts'
import type { Authority, Session } from './session.ts'

/** The writes of a change set with the authority spelled out; what operations, tags and rules call each other through. */
export interface ChangeSetWrites {
  readonly session: Session
  create(module: ModuleDefinition, inputs: readonly RecordInput[], options: WriteOptions, authority: Authority): Promise<WriteOutcome>
  update(module: ModuleDefinition, items: readonly UpdateItem[], options: WriteOptions, authority: Authority): Promise<WriteOutcome>
  upsert(module: ModuleDefinition, items: readonly UpsertItem[], options: WriteOptions, authority: Authority): Promise<WriteOutcome>
  delete(module: ModuleDefinition, items: readonly TargetItem[], options: WriteOptions, authority: Authority): Promise<WriteOutcome>
  restore(module: ModuleDefinition, items: readonly TargetItem[], options: WriteOptions, authority: Authority): Promise<WriteOutcome>
}
