import { type ChangeableRecord, type Day, type HookContext, type PendingChange, type PluginRecord, Refusal, type WrittenChange } from '../../api/index.ts'
import { recordsOf } from '../lib/read-all.ts'
import { NEW_TERMS } from '../modules/amendment.ts'
import type { Settings } from '../settings.ts'
import { LIVE } from '../statuses.ts'
import { isAdministrator, submit, todayOf } from './contract-rules.ts'
import { amendedPlan, flawOf, readPlans } from './payment-plan.ts'

/** What an amendment says; it stays once it is more than a draft. */
const SAID = ['contract', 'title', 'kind', 'effectiveAt', 'openEnded', ...Object.keys(NEW_TERMS)] as const

const CONTRACT_FIELDS = ['status', 'revision', 'amount', 'startsAt', 'endsAt', 'renewal', 'renewalMonths', 'noticeDays'] as const

/** What follows from the step that an amendment takes. */
export function completeAmendment(change: ChangeableRecord, context: HookContext<Settings>): void {
  if (change.given('amountBefore') && !context.derived)
    change.refuse('amountBefore', 'READ_ONLY', {
      en: 'amountBefore is set when the amendment comes into force.',
      'zh-CN': 'amountBefore 在补充协议生效时设置。',
    })
  if (!change.changes('status')) return
  const { status } = change.after
  const today = todayOf(context)
  if (status === 'in_approval') submit(change, context)
  if ((status === 'signed' || status === 'in_force') && (change.after['signedAt'] ?? null) === null) change.set('signedAt', today)
  if ((status === 'signed' || status === 'in_force') && (change.after['effectiveAt'] ?? null) === null) change.set('effectiveAt', change.after['signedAt'])
  if (status === 'in_force') change.set('inForceAt', context.at)
}

/** Judges amendments: of contracts that are signed, which say something, and say it until they are signed. */
export async function judgeAmendments(changes: readonly PendingChange[], context: HookContext<Settings>): Promise<void> {
  const system = await context.asSystem('amendment of a contract')
  const contracts = await recordsOf(
    system,
    'contract',
    changes.map(({ after }) => after['contract']),
    CONTRACT_FIELDS,
  )
  const submitted = changes.filter((change) => change.operation !== 'DELETED' && change.changes('status') && change.after['status'] === 'in_approval')
  const plans = await readPlans(
    system,
    submitted.map(({ after }) => after['contract'] as string),
  )
  for (const change of changes) {
    const contract = contracts.get(change.after['contract'] as string)
    if (!contract) continue
    if (change.operation === 'DELETED') {
      if (!context.derived && !isAdministrator(context) && change.before?.['status'] !== 'draft' && change.before?.['status'] !== 'in_approval')
        change.refuse(null, 'SIGNED', { en: 'An amendment that was signed stays.', 'zh-CN': '已签署的补充协议须保留。' })
      continue
    }
    keepSaid(change, context)
    judgeTerms(change, contract)
    const isOpen = change.operation === 'CREATED' || change.changes('status')
    if (isOpen && !LIVE.includes(contract['status']) && !(contract['status'] === 'expired' && (change.after['newEndsAt'] ?? null) !== null))
      change.refuse('contract', 'NOT_SIGNED', {
        en: 'Amendments are of contracts that are signed or active; one that has expired takes a new end.',
        'zh-CN': '补充协议只适用于已签署或生效中的合同；已到期的合同须有新的结束日期。',
      })
    if (submitted.includes(change)) judgeSubmitted(change, contract, plans.get(contract.id) ?? [])
    if (change.changes('status') && change.after['status'] === 'signed' && ((change.after['signedAt'] ?? '') as Day) > todayOf(context))
      change.refuse('signedAt', 'FUTURE', { en: 'signedAt lies in the future.', 'zh-CN': 'signedAt 晚于今天。' })
  }
}

function keepSaid(change: PendingChange, { derived }: HookContext<Settings>): void {
  if (change.operation !== 'UPDATED' || derived) return
  if (change.changes('contract')) change.refuse('contract', 'FIXED', { en: 'An amendment stays with its contract.', 'zh-CN': '补充协议不能更换合同。' })
  const status = change.before?.['status']
  if (status === 'draft') return
  const wayOut =
    status === 'in_approval'
      ? { en: 'The amendment is in approval: take it back to draft first.', 'zh-CN': '补充协议正在审批中：请先撤回为草稿。' }
      : { en: 'The amendment is signed: make another one.', 'zh-CN': '补充协议已签署：请另行创建。' }
  for (const field of SAID)
    if (field !== 'contract' && change.changes(field) && !(field === 'effectiveAt' && (change.before?.['effectiveAt'] ?? null) === null))
      change.refuse(field, status === 'in_approval' ? 'IN_APPROVAL' : 'AMENDMENT', { en: `${field}: ${wayOut.en}`, 'zh-CN': `${field}：${wayOut['zh-CN']}` })
}

function judgeTerms({ after, refuse }: PendingChange, contract: PluginRecord): void {
  const ends = (after['newEndsAt'] ?? null) as Day | null
  if (ends !== null && after['openEnded'] === true)
    refuse('openEnded', 'CONFLICT', { en: 'A contract with a new end is not open-ended.', 'zh-CN': '有新结束日期的合同不能同时无期限。' })
  if (ends !== null && ends < ((contract['startsAt'] ?? '') as Day))
    refuse('newEndsAt', 'RANGE', { en: 'newEndsAt must not be before the contract begins.', 'zh-CN': 'newEndsAt 不得早于合同的开始日期。' })
  const terms = newTerms(after, contract)
  if (terms['renewal'] === 'automatic' && ((terms['endsAt'] ?? null) === null || (terms['renewalMonths'] ?? null) === null))
    refuse('newRenewal', 'INCOMPLETE', {
      en: 'A contract that renews automatically has an end, and months for which it is renewed.',
      'zh-CN': '自动续约的合同须有结束日期和续约月数。',
    })
}

function judgeSubmitted(change: PendingChange, contract: PluginRecord, parts: readonly PluginRecord[]): void {
  const hasPlan = parts.some((part) => part['amendment'] === change.id)
  const says = Object.keys(NEW_TERMS).some((field) => (change.after[field] ?? null) !== null) || change.after['openEnded'] === true || hasPlan
  if (!says)
    change.refuse(null, 'EMPTY', {
      en: 'The amendment changes nothing: give it new terms, or instalments.',
      'zh-CN': '该补充协议没有任何变更：请填写新条款或分期付款。',
    })
  const flaw = flawOf(amendedPlan(parts, change.id), change.after['newAmount'] ?? contract['amount'], 'exactly')
  if (flaw)
    change.refuse('newAmount', flaw.code, {
      en: `${flaw.message.en} Give the amendment instalments (its own take the place of those that are not paid).`,
      'zh-CN': `${flaw.message['zh-CN']}请为补充协议填写分期付款（它们将取代尚未付款的分期）。`,
    })
}

/** The contract's terms as they will be. */
function newTerms(amendment: Readonly<Record<string, unknown>>, contract: PluginRecord): Record<string, unknown> {
  const terms = Object.fromEntries(Object.entries(NEW_TERMS).map(([field, term]) => [term, amendment[field] ?? contract[term] ?? null]))
  return amendment['openEnded'] === true ? { ...terms, endsAt: null } : terms
}

/** Brings what is signed, and whose day has come, into force; and what came into force into its contract. */
export async function followAmendments(changes: readonly WrittenChange[], context: HookContext<Settings>): Promise<void> {
  const { derive, at } = context
  const took = (status: string) => changes.filter(({ before, after }) => after['status'] === status && before?.['status'] !== status)
  if (!context.derived) {
    const ids = [...new Set(changes.map(({ after }) => after['contract'] as string))]
    await derive.update(
      'contract',
      ids.map((id) => ({ id, values: { partsChangedAt: at } })),
    )
  }
  const today = todayOf(context)
  const due = took('signed').filter(({ after }) => ((after['effectiveAt'] ?? today) as Day) <= today)
  await derive.update(
    'contractAmendment',
    due.map(({ id }) => ({ id, values: { status: 'in_force' } })),
  )
  // One after the other: two of one contract build on each other.
  for (const { id, after } of took('in_force')) await bringIntoForce(id, after, context)
}

async function bringIntoForce(id: string, amendment: Readonly<Record<string, unknown>>, context: HookContext<Settings>): Promise<void> {
  const { derive, at } = context
  const system = await context.asSystem('amendment of a contract')
  const contractId = amendment['contract'] as string
  // Held before it is read, so that nobody's change is lost.
  await derive.update('contract', [{ id: contractId, values: { partsChangedAt: at } }])
  const contract = await system.get('contract', contractId, CONTRACT_FIELDS)
  if (!contract) return
  const terms = newTerms(amendment, contract)
  const changed = Object.entries(terms).filter(([term, value]) => JSON.stringify(value) !== JSON.stringify(contract[term] ?? null))
  const revision = Number(contract['revision'] ?? 0) + 1
  const parts = (await readPlans(system, [contractId])).get(contractId) ?? []
  const plan = amendedPlan(parts, id)
  const flaw = flawOf(plan, terms['amount'], 'exactly')
  if (flaw) throw new Refusal('VALIDATION_FAILED', flaw.message, [{ path: ['input', 'status'], code: flaw.code, message: flaw.message }])
  const own = parts.filter((part) => part['amendment'] === id)
  if (own.length > 0) {
    const leaving = parts.filter((part) => part['proposed'] !== true && !plan.includes(part))
    await derive.delete(
      'contractInstalment',
      leaving.map((part) => part.id),
    )
    await derive.update(
      'contractInstalment',
      own.map((part) => ({ id: part.id, values: { proposed: false } })),
    )
  }
  const ends = terms['endsAt'] as Day | null
  const revives = contract['status'] === 'expired' && (ends === null || ends >= todayOf(context))
  await derive.update('contract', [
    {
      id: contractId,
      values: {
        ...Object.fromEntries(changed),
        revision,
        ...(amendment['kind'] === 'renewal' && { noticeGivenAt: null }),
        ...(revives && { status: 'active' }),
      },
    },
  ])
  const before = Object.fromEntries(changed.filter(([term]) => term !== 'amount').map(([term]) => [term, contract[term] ?? null]))
  await derive.update('contractAmendment', [
    { id, values: { revision, termsBefore: before, ...(terms['amount'] !== contract['amount'] && { amountBefore: contract['amount'] }) } },
  ])
}
