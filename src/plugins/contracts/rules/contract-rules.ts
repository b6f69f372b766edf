import { addDays, type ChangeableRecord, type Day, dayIn, type HookContext, type PendingChange, type PluginText } from '../../api/index.ts'
import { TERMS } from '../modules/contract.ts'
import type { Settings } from '../settings.ts'
import { LIVE } from '../statuses.ts'

/** Which day it is for contracts. */
export function todayOf({ settings, at }: Pick<HookContext<Settings>, 'settings' | 'at'>): Day {
  return dayIn(settings.timeZone, new Date(at))
}

/** Whoever administers everything may take over what was agreed on elsewhere. */
export function isAdministrator({ user }: Pick<HookContext<Settings>, 'user'>): boolean {
  return user.system || user.roles.includes('admin')
}

/** What follows from the step that a contract takes, and from its dates. */
export function completeContract(change: ChangeableRecord, context: HookContext<Settings>): void {
  const { after, before } = change
  const today = todayOf(context)
  const setNew = (field: string, value: unknown) => {
    if ((change.after[field] ?? null) !== value) change.set(field, value)
  }
  const setMissing = (field: string, value: unknown) => {
    if ((change.after[field] ?? null) === null) change.set(field, value)
  }
  if (change.operation === 'CREATED') setMissing('revision', 0)
  if (change.changes('status')) {
    if (after['status'] === 'in_approval') submit(change, context)
    if (after['status'] === 'signed' && before !== null) setMissing('signedAt', today)
    if (after['status'] === 'terminated') setMissing('terminatedAt', today)
  }
  const ends = LIVE.includes(after['status']) ? ((after['endsAt'] ?? null) as Day | null) : null
  setNew('expiresAt', ends)
  setNew('noticeBy', ends !== null && after['renewal'] === 'automatic' ? addDays(ends, -Number(after['noticeDays'] ?? 0)) : null)
}

/** Who asks for approval, and for the how manyth time. */
export function submit(change: ChangeableRecord, { user, at }: HookContext<Settings>): void {
  change.set('submittedBy', user.id)
  change.set('submittedAt', at)
  change.set('approvalRound', Number(change.before?.['approvalRound'] ?? 0) + 1)
}

/** Judges one contract by itself. */
export function judgeContract(change: PendingChange, context: HookContext<Settings>): void {
  const { operation, before, after } = change
  if (operation === 'DELETED') {
    if (!isAdministrator(context) && after['status'] !== 'draft' && after['status'] !== 'in_approval')
      change.refuse(null, 'SIGNED', {
        en: 'A contract that was signed stays. Terminate it, or ask an administrator to delete it.',
        'zh-CN': '已签署的合同须保留。请终止合同，或请管理员删除。',
      })
    return
  }
  const [starts, ends] = [after['startsAt'], after['endsAt']] as [Day | null, Day | null]
  if (starts && ends && ends < starts) change.refuse('endsAt', 'RANGE', { en: 'endsAt must not be before startsAt.', 'zh-CN': 'endsAt 不得早于 startsAt。' })
  keepTerms(change, context)
  judgeNotice(change)
  if (change.changes('status')) judgeStep(change, context)
  if (before !== null && change.changes('signedAt') && LIVE.includes(before['status']) && (after['signedAt'] ?? null) === null)
    change.refuse('signedAt', 'REQUIRED', { en: 'A contract that is signed has a day on which it was.', 'zh-CN': '已签署的合同须有签署日期。' })
}

/** What was agreed on changes by amendments, once it is more than a draft. */
function keepTerms(change: PendingChange, { derived }: HookContext<Settings>): void {
  const status = change.before?.['status']
  if (change.operation !== 'UPDATED' || derived || status === 'draft') return
  const wayOut =
    status === 'in_approval'
      ? { en: 'The contract is in approval: take it back to draft first.', 'zh-CN': '合同正在审批中：请先撤回为草稿。' }
      : { en: 'The contract is signed: make an amendment (createContractAmendment).', 'zh-CN': '合同已签署：请创建补充协议（createContractAmendment）。' }
  for (const term of TERMS)
    if (change.changes(term))
      change.refuse(term, status === 'in_approval' ? 'IN_APPROVAL' : 'AMENDMENT', { en: `${term}: ${wayOut.en}`, 'zh-CN': `${term}：${wayOut['zh-CN']}` })
}

function judgeNotice(change: PendingChange): void {
  const given = (change.after['noticeGivenAt'] ?? null) as Day | null
  if (given === null || !change.changes('noticeGivenAt')) return
  const by = (change.after['noticeBy'] ?? null) as Day | null
  if (by === null)
    change.refuse('noticeGivenAt', 'NOT_APPLICABLE', {
      en: 'Notice is given of contracts that are signed or active and renew automatically.',
      'zh-CN': '只有已签署或生效中且自动续约的合同才能发出终止通知。',
    })
  else if (given > by)
    change.refuse('noticeGivenAt', 'LATE', {
      en: `Notice had to be given by ${by}: the contract renews.`,
      'zh-CN': `终止通知须在 ${by} 之前发出：该合同将续约。`,
    })
}

function judgeStep(change: PendingChange, context: HookContext<Settings>): void {
  const { after, before } = change
  const today = todayOf(context)
  const [starts, ends] = [after['startsAt'], after['endsAt']] as [Day | null, Day | null]
  const refuse = (field: string, code: string, message: PluginText) => change.refuse(field, code, message)
  switch (after['status']) {
    case 'signed':
      if (((after['signedAt'] ?? '') as Day) > today) refuse('signedAt', 'FUTURE', { en: 'signedAt lies in the future.', 'zh-CN': 'signedAt 晚于今天。' })
      break
    case 'active':
      if (starts === null || starts > today)
        refuse('status', 'TOO_EARLY', {
          en: `The contract begins on ${starts ?? 'no day'}; today is ${today}.`,
          'zh-CN': `合同的开始日期为 ${starts ?? '（未填）'}；今天是 ${today}。`,
        })
      // The end that has come makes it expire, by itself.
      break
    case 'expired':
      if (ends === null || ends >= today)
        refuse('status', 'TOO_EARLY', {
          en: `The contract ends on ${ends ?? 'no day'}; today is ${today}.`,
          'zh-CN': `合同的结束日期为 ${ends ?? '（未填）'}；今天是 ${today}。`,
        })
      break
    case 'terminated':
      if (((after['terminatedAt'] ?? '') as Day) > today)
        refuse('terminatedAt', 'FUTURE', {
          en: 'terminatedAt lies in the future: terminate the contract on that day.',
          'zh-CN': 'terminatedAt 晚于今天：请在当天终止合同。',
        })
      if (before !== null && !context.derived && !context.user.self && !context.permits('terminate'))
        refuse('status', 'TRANSITION', { en: 'Your roles do not allow you to terminate contracts.', 'zh-CN': '您的角色不允许您终止合同。' })
      break
  }
}
