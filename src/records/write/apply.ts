import { isGenerated } from '../../entities/columns.ts'
import { type Issue, say, validationFailed } from '../../errors/index.ts'
import { decimalDigits } from '../../lib/decimal-text.ts'
import type { Action } from '../access/policy.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { forbiddenImage } from './authorize.ts'
import { assignNumbers } from './auto-numbers.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { type ColumnContext, imageOf, type Money } from './columns.ts'
import type { Draft } from './draft.ts'
import { findDuplicates, findTakenValues } from './duplicates.ts'
import { duplicate, writeExternalIds } from './external-ids.ts'
import { writeLinks } from './link-rows.ts'
import { movesEpochs, underOwnEpochs } from './own-epochs.ts'
import type { ExternalId } from './reference-input.ts'
import { checkRequiredWhen } from './required-when.ts'
import { findAdmitted, insertRows, type RowWrite, updateRows, type WrittenRow } from './rows.ts'
import type { AppliedChange } from './rule.ts'
import { runAfterRules, runBeforeRules } from './rules.ts'
import type { Authority, Session } from './session.ts'

/** Throws VALIDATION_FAILED with all issues found so far. */
export function stopAt(issues: readonly Issue[]): void {
  if (issues.length > 0) throw validationFailed(issues)
}

/**
 * Takes drafts of new records from checked values to rows: rules, numbers, rates, rows with history, outbox and audit, rules
 * again. `keys` gives a draft's external id that decides whether it is new (upsert). Answers the drafts that met an existing
 * record and were therefore not written; unless `yielding`, those throw DUPLICATE.
 */
export async function applyCreates(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  drafts: readonly Draft[],
  authority: Authority,
  issues: Issue[],
  { yielding = false, keys }: { yielding?: boolean; keys?: ReadonlyMap<Draft, ExternalId> } = {},
): Promise<Draft[]> {
  const { session } = writes
  if (drafts.length === 0) return []
  await prepare(writes, module, drafts, authority, issues)
  await assignNumbers(session, module, drafts)
  const written = await writeRows(session, module, () =>
    insertRows(
      session,
      module,
      drafts.map((draft) => ({ draft, changed: draft.changedFields(), key: keys?.get(draft) })),
      authority,
      columnContext(session),
    ),
  )
  const left = drafts.filter(({ id }) => !written.has(id))
  if (left.length > 0 && !yielding) throw duplicate(session, module, await findDuplicates(session, module, left))
  const made = drafts.filter(({ id }) => written.has(id))
  for (const { id } of made) session.checks.created.add(id)
  await settle(writes, module, made, written, 'CREATE', authority)
  return left
}

/** Likewise for changes of stored records. Drafts that change nothing are passed over: no version, no history, no event. */
export async function applyChanges(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  drafts: readonly Draft[],
  action: Action,
  authority: Authority,
  issues: Issue[],
): Promise<void> {
  const { session } = writes
  if (drafts.length === 0) return
  await prepare(writes, module, drafts, authority, issues)
  const rowWrites: RowWrite[] = drafts
    .map((draft) => ({ draft, changed: draft.changedFields() }))
    .filter(({ draft, changed }) => draft.operation !== 'UPDATED' || changed.length > 0 || draft.externalIds !== null)
  if (rowWrites.length === 0) return
  const taken = await findTakenValues(
    session,
    module,
    rowWrites.map(({ draft }) => draft).filter(({ operation }) => operation !== 'DELETED'),
  )
  if (taken.length > 0) throw duplicate(session, module, taken)
  const written = await writeRows(session, module, () => updateRows(session, module, rowWrites, action, authority, columnContext(session)))
  await settle(
    writes,
    module,
    rowWrites.map(({ draft }) => draft),
    written,
    action,
    authority,
  )
}

function writeRows<T>(session: Session, module: ModuleDefinition, write: () => Promise<T>): Promise<T> {
  return movesEpochs(module) ? underOwnEpochs(session, write) : write()
}

async function prepare(writes: ChangeSetWrites, module: ModuleDefinition, drafts: readonly Draft[], authority: Authority, issues: Issue[]): Promise<void> {
  for (const draft of drafts) if (draft.operation !== 'DELETED') draft.checkChanges(authority.derived)
  stopAt(issues)
  await runBeforeRules(writes, module, drafts, authority)
  for (const draft of drafts) if (draft.operation !== 'DELETED') draft.checkRequired(authority.derived)
  await checkMoney(writes.session, module, drafts)
  stopAt(issues)
  await checkRequiredWhen(writes.session, module, drafts, authority, columnContext(writes.session))
  stopAt(issues)
}

/** Everything that follows once rows stand: the image check, external ids, checks for later, rules. */
async function settle(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  drafts: readonly Draft[],
  written: ReadonlyMap<string, WrittenRow>,
  action: Action,
  authority: Authority,
): Promise<void> {
  const { session } = writes
  const changes: AppliedChange[] = []
  for (const draft of drafts) {
    const row = written.get(draft.id) as WrittenRow
    if (row.admitted === false) throw forbiddenImage(module, action, draft.path)
    changes.push(applied(session, module, draft, row))
  }
  const taken: Issue[] = []
  await writeLinks(session, module, drafts)
  await writeExternalIds(session, module, drafts, taken)
  if (taken.length > 0) throw duplicate(session, module, taken)
  await requireAdmitted(
    session,
    module,
    drafts.filter(({ id }) => written.get(id)?.admitted === null),
    action,
    authority,
  )
  session.checks.note(module, drafts)
  if (module.name === 'exchangeRate') session.rates.forget()
  await runAfterRules(writes, module, changes, authority)
}

/** Throws FORBIDDEN where a row that stands now lies outside of what the caller may write, as far as its own statement could not tell. */
async function requireAdmitted(session: Session, module: ModuleDefinition, drafts: readonly Draft[], action: Action, authority: Authority): Promise<void> {
  if (drafts.length === 0) return
  const admitted = await findAdmitted(
    session,
    module,
    drafts.map(({ id }) => id),
    action,
    authority,
  )
  const outside = drafts.find(({ id }) => !admitted.has(id))
  if (outside) throw forbiddenImage(module, action, outside.path)
}

function applied(session: Session, module: ModuleDefinition, draft: Draft, row: WrittenRow): AppliedChange {
  const after: Record<string, unknown> = { ...draft.after, id: row.id, version: row.version, updatedAt: session.at, updatedBy: session.principal.userId }
  if (draft.operation === 'CREATED') Object.assign(after, { createdAt: session.at, createdBy: session.principal.userId })
  if (draft.operation === 'DELETED') after['deletedAt'] = session.at
  if (draft.operation === 'RESTORED') after['deletedAt'] = null
  if (Object.keys(row.generated).length > 0) {
    const image = imageOf(module, row.generated)
    for (const field of module.fields.values()) if (isGenerated(field)) after[field.name] = image[field.name]
  }
  return { operation: draft.operation, id: row.id, version: row.version, before: draft.before, after }
}

/** Amounts must have a rate into the organisation's currency, and fit their columns after conversion. */
async function checkMoney(session: Session, module: ModuleDefinition, drafts: readonly Draft[]): Promise<void> {
  const fields = [...module.fields.values()].filter((field) => field.type === 'MONEY' && !isGenerated(field))
  const amounts = drafts.flatMap((draft) =>
    fields.flatMap((field) => {
      const money = draft.after[field.name] as Money | null
      return money && money.base === undefined ? [{ draft, field, money }] : []
    }),
  )
  if (amounts.length === 0) return
  await session.rates.load(
    session,
    amounts.map(({ money }) => money.currency),
  )
  for (const { draft, field, money } of amounts) {
    const base = session.rates.convert(money.amount, money.currency)
    if (base === null) {
      draft.refuse(
        field.name,
        'NO_RATE',
        say`There is no exchange rate from ${money.currency} to ${session.defaults.currency} that is valid today. Create an exchangeRate for ${money.currency} first, or use ${session.defaults.currency}.`,
      )
    } else if (decimalDigits(base).integer > 15)
      draft.refuse(field.name, 'TOO_LARGE', say`${field.name} is too large: it has more than 15 digits before the point in ${session.defaults.currency}.`)
  }
}

function columnContext(session: Session): ColumnContext {
  return {
    baseAmount: (amount, currency) => session.rates.convert(amount, currency) ?? amount,
    tagId: (name) => session.tagIds.get(name) ?? name,
  }
}
