import type { HookContext, PendingChange, WrittenChange } from '../../api/index.ts'
import { partsOf, recordsOf } from '../lib/read-all.ts'
import type { Settings } from '../settings.ts'
import { isAdministrator, todayOf } from './contract-rules.ts'

/** Who a party is stands in what was signed; whom to ask may change. */
const AGREED = ['contract', 'name', 'role', 'account', 'signedAt'] as const

/** Parties come, go and sign until the contract is signed. */
export async function judgeParties(changes: readonly PendingChange[], context: HookContext<Settings>): Promise<void> {
  if (context.derived) return
  const contracts = await recordsOf(
    await context.asSystem('parties of a contract'),
    'contract',
    changes.map(({ after }) => after['contract']),
    ['status'],
  )
  for (const change of changes) {
    if (change.operation === 'UPDATED' && change.changes('contract'))
      change.refuse('contract', 'FIXED', { en: 'A party stays with its contract.', 'zh-CN': '合同方不能更换合同。' })
    if (change.operation !== 'DELETED' && ((change.after['signedAt'] ?? '') as string) > todayOf(context))
      change.refuse('signedAt', 'FUTURE', { en: 'signedAt lies in the future.', 'zh-CN': 'signedAt 晚于今天。' })
    const status = contracts.get(change.after['contract'] as string)?.['status']
    if (status === undefined || status === 'draft' || isAdministrator(context)) continue
    const changed = AGREED.filter((field) => change.operation === 'UPDATED' && change.changes(field) && !(field === 'signedAt' && status === 'in_approval'))
    for (const field of changed)
      change.refuse(field, 'SIGNED', {
        en: `The contract is no draft any more: ${field} of its parties stays.`,
        'zh-CN': `合同已不是草稿：其合同方的 ${field} 不可更改。`,
      })
    if (change.operation !== 'UPDATED')
      change.refuse('contract', 'SIGNED', { en: 'The contract is no draft any more: its parties stay.', 'zh-CN': '合同已不是草稿：其合同方不可更改。' })
  }
}

/** Whoever changes parties holds the contract, so that nobody signs it without them. */
export async function followParties(changes: readonly WrittenChange[], { derive, derived, at }: HookContext<Settings>): Promise<void> {
  if (derived) return
  const ids = [...new Set(changes.map(({ after }) => after['contract'] as string))]
  await derive.update(
    'contract',
    ids.map((id) => ({ id, values: { partsChangedAt: at } })),
  )
}

/** Refuses to sign a contract of which a party has not signed. */
export async function demandSignatures(changes: readonly PendingChange[], context: HookContext<Settings>): Promise<void> {
  const signing = changes.filter((change) => change.operation === 'UPDATED' && change.changes('status') && change.after['status'] === 'signed')
  if (signing.length === 0) return
  const open = await partsOf(await context.asSystem('parties of a contract'), 'contractParty', {
    reference: 'contract',
    ids: signing.map(({ id }) => id),
    fields: ['name'],
    filter: { signedAt: { isNull: true } },
  })
  for (const change of signing) {
    const names = open.filter(({ contract }) => contract === change.id).map(({ name }) => name)
    if (names.length > 0)
      change.refuse('status', 'SIGNATURE', { en: `These parties have not signed: ${names.join(', ')}.`, 'zh-CN': `以下合同方尚未签署：${names.join('、')}。` })
  }
}
