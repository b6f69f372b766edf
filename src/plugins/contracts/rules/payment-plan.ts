import {
  type ChangeableRecord,
  type HookContext,
  type PendingChange,
  type PluginRecord,
  type PluginText,
  type RecordReader,
  Refusal,
  sumOfUnits,
  unitsOf,
  type WrittenChange,
} from '../../api/index.ts'
import { moneyOf } from '../lib/money.ts'
import { partsOf, recordsOf } from '../lib/read-all.ts'
import type { Settings } from '../settings.ts'
import { BOUND } from '../statuses.ts'
import { isAdministrator, todayOf } from './contract-rules.ts'

/** Instalments that a contract may have: all are added up in one statement. */
const MOST = 400

/** What is agreed on of an instalment; the rest tells of its payment. */
const PLANNED = ['contract', 'dueAt', 'amount', 'amendment'] as const
const PAYMENT = ['paidAt', 'paidAmount', 'paymentReference'] as const

/** An instalment that is paid was paid in full unless it says otherwise; one of an amendment waits for that. */
export function completeInstalment(change: ChangeableRecord): void {
  if (change.operation === 'CREATED') change.set('proposed', (change.after['amendment'] ?? null) !== null)
  if (change.changes('paidAt') && (change.after['paidAt'] ?? null) !== null && (change.after['paidAmount'] ?? null) === null)
    change.set('paidAmount', moneyOf(change.after['amount']))
}

function isPlanned(change: PendingChange): boolean {
  return change.operation !== 'UPDATED' || PLANNED.some((field) => change.changes(field))
}

/** Judges changes of the plan, which belong into drafts, and payments, which belong to what was signed. */
export async function judgeInstalments(changes: readonly PendingChange[], context: HookContext<Settings>): Promise<void> {
  if (context.derived) return
  const system = await context.asSystem('payment plan of a contract')
  const contracts = await recordsOf(
    system,
    'contract',
    changes.map(({ after }) => after['contract']),
    ['status'],
  )
  const amendments = await recordsOf(
    system,
    'contractAmendment',
    changes.map(({ after }) => after['amendment']),
    ['status', 'contract'],
  )
  for (const change of changes) {
    const { before, after } = change
    const status = contracts.get(after['contract'] as string)?.['status']
    if (before !== null && change.changes('contract'))
      change.refuse('contract', 'FIXED', { en: 'An instalment stays with its contract.', 'zh-CN': '分期付款不能更换合同。' })
    if (before !== null && change.changes('amendment'))
      change.refuse('amendment', 'FIXED', { en: 'An instalment stays with the amendment that it was made for.', 'zh-CN': '分期付款不能更换其所属的补充协议。' })
    const amendment = (after['amendment'] ?? null) === null ? null : amendments.get(after['amendment'] as string)
    if (amendment && amendment['contract'] !== after['contract'])
      change.refuse('amendment', 'WRONG_CONTRACT', { en: 'The amendment is one of another contract.', 'zh-CN': '该补充协议属于另一份合同。' })
    if (isPlanned(change)) {
      const refusal = planRefusal(status, amendment, context)
      if (refusal) change.refuse(...refusal)
    }
    if (change.operation !== 'DELETED') judgePayment(change, status, context)
  }
}

/** Why the plan may not be changed; null where it may. */
function planRefusal(status: unknown, amendment: PluginRecord | null | undefined, context: HookContext<Settings>): [string, string, PluginText] | null {
  if (amendment)
    return amendment['status'] === 'draft'
      ? null
      : [
          'amendment',
          'AMENDMENT',
          { en: 'The amendment is no draft any more: its payment plan stays as it is.', 'zh-CN': '补充协议已不是草稿：其付款计划不可更改。' },
        ]
  if (status === undefined || status === 'draft' || isAdministrator(context)) return null
  return [
    'contract',
    'AMENDMENT',
    { en: 'The contract is no draft any more: its payment plan is changed by an amendment.', 'zh-CN': '合同已不是草稿：其付款计划须通过补充协议更改。' },
  ]
}

function judgePayment(change: PendingChange, status: unknown, context: HookContext<Settings>): void {
  const { after } = change
  if (!PAYMENT.some((field) => change.changes(field))) return
  if (!BOUND.includes(status) || after['proposed'] === true) {
    const field = PAYMENT.find((each) => change.changes(each)) ?? 'paidAt'
    change.refuse(field, 'NOT_SIGNED', {
      en: 'Payments belong to instalments of contracts that are signed.',
      'zh-CN': '只有已签署合同的分期付款才能登记付款。',
    })
    return
  }
  if (((after['paidAt'] ?? '') as string) > todayOf(context))
    change.refuse('paidAt', 'FUTURE', { en: 'paidAt lies in the future.', 'zh-CN': 'paidAt 晚于今天。' })
  const [amount, paid] = [moneyOf(after['amount']), moneyOf(after['paidAmount'])]
  if (amount && paid && amount.currency !== paid.currency)
    change.refuse('paidAmount', 'CURRENCY_MISMATCH', {
      en: 'paidAmount must be in the currency of the instalment.',
      'zh-CN': 'paidAmount 须使用该分期付款的币种。',
    })
}

/** Holds the contracts whose plan has changed, and looks once more: somebody may have changed status or plan meanwhile. */
export async function followInstalments(changes: readonly WrittenChange[], context: HookContext<Settings>): Promise<void> {
  const { derive, derived } = context
  const planned = changes.filter(
    ({ operation, before, after }) => operation !== 'UPDATED' || PLANNED.some((field) => JSON.stringify(before?.[field]) !== JSON.stringify(after[field])),
  )
  if (derived || planned.length === 0) return
  const ids = [...new Set(planned.map(({ after }) => after['contract'] as string))]
  await derive.update(
    'contract',
    ids.map((id) => ({ id, values: { partsChangedAt: context.at } })),
  )
  const system = await context.asSystem('payment plan of a contract')
  // By what the writer reads of amounts: what is refused would tell of others.
  const contracts = await recordsOf(context.records, 'contract', ids, ['status', 'amount'])
  const amendments = await recordsOf(
    context.records,
    'contractAmendment',
    planned.map(({ after }) => after['amendment']),
    ['status', 'newAmount'],
  )
  const plans = await readPlans(system, ids)
  for (const { after } of planned) {
    const contract = contracts.get(after['contract'] as string)
    if (!contract) continue
    const amendment = (after['amendment'] ?? null) === null ? null : amendments.get(after['amendment'] as string)
    const refusal = planRefusal(contract['status'], amendment, context)
    if (refusal) throw invalid(refusal[0], refusal[1], refusal[2])
    const parts = plans.get(contract.id) ?? []
    if (parts.length > MOST)
      throw invalid('contract', 'TOO_MANY', { en: `A contract has at most ${MOST} instalments.`, 'zh-CN': `一份合同最多有 ${MOST} 期分期付款。` })
    const plan = amendment ? amendedPlan(parts, amendment.id) : parts.filter(({ proposed }) => proposed !== true)
    const flaw = flawOf(plan, amendment?.['newAmount'] ?? contract['amount'], contract['status'] === 'draft' || amendment !== null ? 'atMost' : 'exactly')
    if (flaw) throw invalid('amount', flaw.code, flaw.message)
  }
}

/** Instalments of contracts, paid and proposed ones too. */
export async function readPlans(reader: RecordReader, ids: readonly string[]): Promise<ReadonlyMap<string, readonly PluginRecord[]>> {
  const parts = await partsOf(reader, 'contractInstalment', { reference: 'contract', ids, fields: ['amount', 'paidAt', 'proposed', 'amendment'] })
  const plans = new Map<string, PluginRecord[]>()
  for (const part of parts) plans.set(part['contract'] as string, [...(plans.get(part['contract'] as string) ?? []), part])
  return plans
}

/** The plan as it will be under an amendment: where that has instalments, they take the place of those that are not paid. */
export function amendedPlan(parts: readonly PluginRecord[], amendment: string): readonly PluginRecord[] {
  const own = parts.filter((part) => part['amendment'] === amendment)
  const standing = parts.filter((part) => part['proposed'] !== true && part['amendment'] !== amendment)
  return own.length > 0 ? [...standing.filter(({ paidAt }) => (paidAt ?? null) !== null), ...own] : standing
}

/** What is wrong with a plan, which may be empty; null where nothing is. It tells no amounts: not everybody may read them. */
export function flawOf(
  plan: readonly PluginRecord[],
  total: unknown,
  rule: 'atMost' | 'exactly',
): { readonly code: string; readonly message: { readonly en: string; readonly 'zh-CN': string } } | null {
  const amounts = plan.flatMap(({ amount }) => moneyOf(amount) ?? [])
  const currencies = new Set(amounts.map(({ currency }) => currency))
  const whole = moneyOf(total)
  if (whole) currencies.add(whole.currency)
  if (amounts.length > 0 && currencies.size > 1)
    return { code: 'CURRENCY_MISMATCH', message: { en: 'The instalments must be in the currency of the contract.', 'zh-CN': '分期付款须使用合同的币种。' } }
  if (amounts.length === 0 || !whole) return null
  const sum = sumOfUnits(amounts.map(({ amount }) => amount))
  const amount = unitsOf(whole.amount)
  if (sum > amount)
    return { code: 'PLAN', message: { en: 'The instalments add up to more than the amount of the contract.', 'zh-CN': '分期付款合计超过合同金额。' } }
  return rule === 'exactly' && sum < amount
    ? { code: 'PLAN', message: { en: 'The instalments add up to less than the amount of the contract.', 'zh-CN': '分期付款合计少于合同金额。' } }
    : null
}

/** Refuses contracts that leave their draft with a plan that is not their amount. */
export async function demandPlans(changes: readonly PendingChange[], context: HookContext<Settings>): Promise<void> {
  const leaving = changes.filter(
    (change) => change.operation === 'UPDATED' && change.before?.['status'] === 'draft' && change.after['status'] === 'in_approval',
  )
  if (leaving.length === 0) return
  const system = await context.asSystem('payment plan of a contract')
  const plans = await readPlans(
    system,
    leaving.map(({ id }) => id),
  )
  for (const change of leaving) {
    const plan = (plans.get(change.id) ?? []).filter(({ proposed }) => proposed !== true)
    const flaw = flawOf(plan, change.after['amount'], 'exactly')
    if (flaw) change.refuse('amount', flaw.code, flaw.message)
  }
}

function invalid(field: string, code: string, message: PluginText): Refusal {
  return new Refusal('VALIDATION_FAILED', message, [{ path: ['input', field], code, message }])
}
