import type { Action, Principal } from '../access/policy.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import { writeMany } from './bulk.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { createRecords } from './create.ts'
import { deleteRecords } from './delete.ts'
import { type ChangeEffects, readEffects } from './effects.ts'
import { lockRecords } from './lock-records.ts'
import { type Move, movableReferences, moveReferences } from './move-references.ts'
import type { ChangeSet, RecordInput, TargetItem, UpdateItem, UpsertItem, WriteOptions, WriteOutcome } from './request.ts'
import { restoreRecords } from './restore.ts'
import type { RecordImage, RuleContext } from './rule.ts'
import { ruleContext } from './rules.ts'
import { authorityOf, type Session } from './session.ts'
import { updateRecords } from './update.ts'
import { upsertRecords } from './upsert.ts'

export interface CheckedChangeSet extends ChangeSet {
  /**
   * The acting principal under the epochs of this transaction. Writing users or teams moves the access epoch, so whatever reads
   * inside of the transaction takes the principal from here.
   */
  readonly principal: Principal
  /** What the principal's rights have been used for so far, as `<action> <module>`. */
  readonly uses: ReadonlySet<string>
  /** Carries out the checks that otherwise come before the commit; for a dry run, which never gets there. */
  check(): Promise<void>
  /** See `readEffects`. */
  effects(): Promise<ChangeEffects>
  /** See `lockRecords`. */
  lock(module: ModuleDefinition, items: readonly TargetItem[], actions: readonly Action[], options: WriteOptions): Promise<readonly RecordImage[]>
  /** See `moveReferences`. */
  moveReferences(module: ModuleDefinition, move: Move): Promise<void>
  /** See `movableReferences`. */
  movableReferences(module: ModuleDefinition, by: Parameters<typeof movableReferences>[2]): ReturnType<typeof movableReferences>
  /** What an operation of the domain reads and writes beyond the caller's rights, once it has checked these by `lock`. */
  followUp(): RuleContext
}

/** The change set as its callers see it: every write by the principal's own rights. */
export class PipelineChangeSet implements CheckedChangeSet {
  readonly #session: Session
  readonly #writes: ChangeSetWrites

  constructor(session: Session) {
    this.#session = session
    this.#writes = createWrites(session)
  }

  get id(): string {
    return this.#session.changeSetId
  }

  get principal(): Principal {
    return this.#session.principal
  }

  get registry(): Registry {
    return this.#session.registry
  }

  get uses(): ReadonlySet<string> {
    return this.#session.uses
  }

  lock(module: ModuleDefinition, items: readonly TargetItem[], actions: readonly Action[], options: WriteOptions): Promise<readonly RecordImage[]> {
    return lockRecords(this.#session, module, items, actions, options)
  }

  moveReferences(module: ModuleDefinition, move: Move): Promise<void> {
    return moveReferences(this.#writes, module, move)
  }

  movableReferences(module: ModuleDefinition, by: Parameters<typeof movableReferences>[2]): ReturnType<typeof movableReferences> {
    return movableReferences(this.#session, module, by)
  }

  followUp(): RuleContext {
    return ruleContext(this.#writes, authorityOf(this.#session))
  }

  create(module: ModuleDefinition, inputs: readonly RecordInput[], options: WriteOptions): Promise<WriteOutcome> {
    return writeMany(this.#session, module, inputs.length, (authority) => this.#writes.create(module, inputs, options, authority))
  }

  update(module: ModuleDefinition, items: readonly UpdateItem[], options: WriteOptions): Promise<WriteOutcome> {
    return writeMany(this.#session, module, items.length, (authority) => this.#writes.update(module, items, options, authority))
  }

  upsert(module: ModuleDefinition, items: readonly UpsertItem[], options: WriteOptions): Promise<WriteOutcome> {
    return writeMany(this.#session, module, items.length, (authority) => this.#writes.upsert(module, items, options, authority))
  }

  delete(module: ModuleDefinition, items: readonly TargetItem[], options: WriteOptions): Promise<WriteOutcome> {
    return writeMany(this.#session, module, items.length, (authority) => this.#writes.delete(module, items, options, authority))
  }

  restore(module: ModuleDefinition, items: readonly TargetItem[], options: WriteOptions): Promise<WriteOutcome> {
    return writeMany(this.#session, module, items.length, (authority) => this.#writes.restore(module, items, options, authority))
  }

  check(): Promise<void> {
    return this.#session.checks.run(this.#session)
  }

  effects(): Promise<ChangeEffects> {
    return readEffects(this.#session)
  }
}

function createWrites(session: Session): ChangeSetWrites {
  const writes: ChangeSetWrites = {
    session,
    create: (module, inputs, options, authority) => createRecords(writes, module, inputs, options, authority),
    update: (module, items, options, authority) => updateRecords(writes, module, items, options, authority),
    upsert: (module, items, options, authority) => upsertRecords(writes, module, items, options, authority),
    delete: (module, items, options, authority) => deleteRecords(writes, module, items, options, authority),
    restore: (module, items, options, authority) => restoreRecords(writes, module, items, options, authority),
  }
  return writes
}
