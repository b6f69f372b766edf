import { type HookContext, type PendingChange, type PluginRecord, type RecordReader, Refusal, type WrittenChange } from '../../api/index.ts'
import { matching, partsOf, recordsOf } from '../lib/read-all.ts'
import type { Settings } from '../settings.ts'
import { isAdministrator } from './contract-rules.ts'

/** What is approved: contracts, or amendments to them. */
export type Approvable = 'contract' | 'contractAmendment'

const REFERENCE = { contract: 'contract', contractAmendment: 'amendment' } as const

/** Whoever reads amounts by a filter: `from` and above, in the organisation's currency. An amendment that changes no amount has that of its contract. */
function reaching(what: Approvable, from: number) {
  const atLeast = { gte: String(from) }
  if (what === 'contract') return { amount: atLeast }
  return { or: [{ newAmount: atLeast }, { newAmount: { isNull: true }, contract: { amount: atLeast } }] }
}

/** Settles which roles must approve what was submitted, by the thresholds of now. */
export async function settleNeeds(what: Approvable, changes: readonly WrittenChange[], context: HookContext<Settings>): Promise<void> {
  const submitted = changes.filter(({ before, after }) => after['status'] === 'in_approval' && before?.['status'] !== 'in_approval').map(({ id }) => id)
  if (submitted.length === 0) return
  const system = await context.asSystem('approvals of a contract')
  const needed = new Map<string, string[]>(submitted.map((id) => [id, []]))
  for (const { from, role } of context.settings.approvals)
    for (const id of await matching(system, what, submitted, reaching(what, from))) {
      const roles = needed.get(id)
      if (roles && !roles.includes(role)) roles.push(role)
    }
  await context.derive.update(
    what,
    [...needed].map(([id, roles]) => ({ id, values: { approvalsNeeded: roles } })),
  )
}

/** What is asked for, and in which round. */
type Asking = Readonly<Record<string, unknown>> & { readonly id: string }

/** Roles whose approval each record lacks in its present round; those that lack none are absent. One statement. */
export async function missingApprovals(reader: RecordReader, what: Approvable, asking: readonly Asking[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const reference = REFERENCE[what]
  const given = await partsOf(reader, 'contractApproval', {
    reference,
    ids: asking.map(({ id }) => id),
    fields: ['round', 'roles'],
    filter: { verdict: { eq: 'approved' }, ...(what === 'contract' && { amendment: { id: { isNull: true } } }) },
  })
  const missing = asking.map(({ id, approvalRound, approvalsNeeded }) => {
    const spoken = given.flatMap((each) => (each[reference] === id && each['round'] === approvalRound ? ((each['roles'] ?? []) as readonly string[]) : []))
    return [id, ((approvalsNeeded ?? []) as readonly string[]).filter((role) => !spoken.includes(role))] as const
  })
  return new Map(missing.filter(([, roles]) => roles.length > 0))
}

/** Refuses to sign what has not all approvals that its amount asks for. */
export async function demandApprovals(what: Approvable, changes: readonly PendingChange[], context: HookContext<Settings>): Promise<void> {
  const signing = changes.filter((change) => change.operation === 'UPDATED' && change.changes('status') && change.after['status'] === 'signed')
  if (signing.length === 0) return
  const system = await context.asSystem('approvals of a contract')
  const missing = await missingApprovals(
    system,
    what,
    signing.map(({ id, after }) => ({ ...after, id })),
  )
  for (const change of signing) {
    const roles = missing.get(change.id)
    if (roles)
      change.refuse('status', 'APPROVAL', {
        en: `It cannot be signed yet: an approval is missing of ${roles.join(', ')}.`,
        'zh-CN': `尚不能签署：缺少 ${roles.join('、')} 的审批。`,
      })
  }
}

/** Roles for which the user can speak. */
export function rolesOf({ user, settings }: HookContext<Settings>): string[] {
  const all = [...new Set(settings.approvals.map(({ role }) => role))]
  return user.roles.includes('admin') ? all : all.filter((role) => user.roles.includes(role))
}

/** Judges approvals as they are given: of what is in approval, by whoever may, and nobody of their own. */
export async function judgeApprovals(changes: readonly PendingChange[], context: HookContext<Settings>): Promise<void> {
  for (const change of changes)
    if (change.operation === 'UPDATED' && !context.derived)
      change.refuse(null, 'PERMANENT', { en: 'An approval stands as it was given.', 'zh-CN': '审批一经作出即不可更改。' })
    else if (change.operation !== 'CREATED' && !context.derived && !isAdministrator(context))
      change.refuse(null, 'PERMANENT', { en: 'An approval stands as it was given.', 'zh-CN': '审批一经作出即不可更改。' })
  const given = changes.filter(({ operation }) => operation === 'CREATED')
  if (given.length === 0) return
  const system = await context.asSystem('approvals of a contract')
  const contracts = await recordsOf(
    system,
    'contract',
    given.map(({ after }) => after['contract']),
    ['status', 'owner', 'createdBy', 'submittedBy'],
  )
  const amendments = await recordsOf(
    system,
    'contractAmendment',
    given.map(({ after }) => after['amendment']),
    ['status', 'createdBy', 'submittedBy', 'contract'],
  )
  const before = await partsOf(system, 'contractApproval', {
    reference: 'contract',
    ids: [...contracts.keys()],
    fields: ['approver', 'round', 'amendment'],
  })
  for (const change of given) {
    const contract = contracts.get(change.after['contract'] as string)
    const amendment = amendments.get((change.after['amendment'] ?? '') as string)
    if (contract)
      judgeApproval(change, { contract, amendment, before: [...before, ...given.filter((each) => each !== change).map(({ after }) => after)] }, context)
  }
}

interface Subject {
  readonly contract: PluginRecord
  readonly amendment: PluginRecord | undefined
  readonly before: readonly Readonly<Record<string, unknown>>[]
}

function judgeApproval(change: PendingChange, { contract, amendment, before }: Subject, context: HookContext<Settings>): void {
  const { user, settings } = context
  const subject = amendment ?? contract
  if (amendment && amendment['contract'] !== contract.id)
    change.refuse('amendment', 'WRONG_CONTRACT', { en: 'The amendment is one of another contract.', 'zh-CN': '该补充协议属于另一份合同。' })
  if (subject['status'] !== 'in_approval') {
    change.refuse(amendment ? 'amendment' : 'contract', 'NOT_IN_APPROVAL', {
      en: `The ${amendment ? 'amendment' : 'contract'} is not in approval.`,
      'zh-CN': `${amendment ? '补充协议' : '合同'}不在审批中。`,
    })
    return
  }
  const own = [contract['owner'], subject['createdBy'], subject['submittedBy']]
  if (own.includes(user.id))
    change.refuse(null, 'OWN', { en: 'Nobody approves what they own, have made or have submitted.', 'zh-CN': '任何人都不能审批自己负责、创建或提交的内容。' })
  if (rolesOf(context).length === 0 && settings.approvals.length > 0)
    change.refuse(null, 'ROLE', {
      en: `Your roles approve no contracts. ${settings.approvals.map(({ role }) => role).join(', ')} do.`,
      'zh-CN': `您的角色不能审批合同。可审批的角色为 ${settings.approvals.map(({ role }) => role).join('、')}。`,
    })
  const isSame = (other: Readonly<Record<string, unknown>>) =>
    other['contract'] === contract.id &&
    (other['amendment'] ?? null) === (amendment?.id ?? null) &&
    other['round'] === change.after['round'] &&
    other['approver'] === user.id
  if (before.some(isSame)) change.refuse(null, 'DECIDED', { en: 'You have decided on this already.', 'zh-CN': '您已就此作出决定。' })
}

/** What was rejected is a draft again. Holds the contract while it looks once more, since somebody may have taken it back meanwhile. */
export async function followApprovals(changes: readonly WrittenChange[], context: HookContext<Settings>): Promise<void> {
  const given = changes.filter(({ operation }) => operation === 'CREATED')
  if (given.length === 0) return
  const { derive } = context
  const ids = [...new Set(given.map(({ after }) => after['contract'] as string))]
  await derive.update(
    'contract',
    ids.map((id) => ({ id, values: { partsChangedAt: context.at } })),
  )
  const system = await context.asSystem('approvals of a contract')
  for (const [what, reference] of Object.entries(REFERENCE) as [Approvable, 'contract' | 'amendment'][]) {
    const concerned = given.filter(({ after }) => (what === 'contract') === ((after['amendment'] ?? null) === null))
    const subjects = await recordsOf(
      system,
      what,
      concerned.map(({ after }) => after[reference]),
      ['status', 'approvalRound'],
    )
    for (const { after } of concerned) {
      const subject = subjects.get(after[reference] as string)
      if (subject?.['status'] !== 'in_approval' || subject['approvalRound'] !== after['round'])
        throw new Refusal('VALIDATION_FAILED', { en: 'It was taken back from approval meanwhile.', 'zh-CN': '它已在此期间撤回审批。' })
    }
    const rejected = concerned.filter(({ after }) => after['verdict'] === 'rejected').map(({ after }) => after[reference] as string)
    await derive.update(
      what,
      [...new Set(rejected)].map((id) => ({ id, values: { status: 'draft' } })),
    )
  }
}
