import type { DefaultGrant } from '../api/index.ts'

type Actions = DefaultGrant['actions']
type Levels = NonNullable<DefaultGrant['fields']>

const MANAGE: Actions = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'EXPORT', 'BULK']
const WORK: Actions = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'BULK']
const READ: Actions = ['READ']
const READ_AND_EXPORT: Actions = ['READ', 'EXPORT']
const DECIDE: Actions = ['CREATE', 'READ']

const read = (...fields: readonly string[]): Levels => Object.fromEntries(fields.map((field) => [field, 'READ' as const]))

/** What belongs to contracts goes by the rights on these, whatever the scope says. */
const part = (role: string, module: string, actions: Actions, fields: Levels = {}): DefaultGrant => ({ role, module, actions, scope: 'ALL', fields })

/** Who negotiates contracts writes their amounts, and reads whether they were paid; what was paid, and how, is for finance. */
function sales(role: string, actions: Actions, scope: DefaultGrant['scope'], decides: boolean): DefaultGrant[] {
  return [
    { role, module: 'contract', actions, scope, fields: { amount: 'WRITE', approvalsNeeded: 'READ' } },
    part(role, 'contractParty', actions),
    part(role, 'contractInstalment', actions, { amount: 'WRITE', paidAt: 'READ' }),
    part(role, 'contractAmendment', actions, { newAmount: 'WRITE', amountBefore: 'READ', approvalsNeeded: 'READ' }),
    part(role, 'contractApproval', decides ? DECIDE : READ),
  ]
}

/** Writes payments and decides on what others have made; reads everything else. */
const FINANCE_READS = read(
  ...['title', 'status', 'account', 'opportunity', 'amount', 'signedAt', 'startsAt', 'endsAt', 'renewal', 'renewalMonths', 'noticeDays', 'noticeGivenAt'],
  ...['terminatedAt', 'terminationReason', 'documentUrl', 'notes', 'received', 'approvalsNeeded', 'owner', 'team', 'tags'],
)

/** Rights that shipped roles have from the beginning. Marketing has none; `read_only` reads what is not sensitive, as everywhere. */
export const grants: readonly DefaultGrant[] = [
  ...sales('sales_manager', MANAGE, 'TEAM_TREE', true),
  ...sales('sales_rep', WORK, 'OWN', false),
  { role: 'finance', module: 'contract', actions: ['READ', 'UPDATE', 'EXPORT', 'BULK'], scope: 'ALL', fields: FINANCE_READS },
  part('finance', 'contractParty', READ_AND_EXPORT),
  part('finance', 'contractInstalment', ['READ', 'UPDATE', 'EXPORT', 'BULK'], {
    ...read('title', 'dueAt', 'amount', 'amendment', 'contract'),
    paidAt: 'WRITE',
    paidAmount: 'WRITE',
    paymentReference: 'WRITE',
  }),
  part('finance', 'contractAmendment', READ_AND_EXPORT, read('newAmount', 'amountBefore', 'approvalsNeeded')),
  part('finance', 'contractApproval', DECIDE),
  { role: 'service_agent', module: 'contract', actions: READ, scope: 'ALL' },
  part('service_agent', 'contractParty', READ),
  part('service_agent', 'contractAmendment', READ),
]
