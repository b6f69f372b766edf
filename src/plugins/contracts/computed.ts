import { type CallContext, type ComputedField, type Day, dayIn, decimalOf, type PluginRecord, sumOfUnits } from '../api/index.ts'
import { moneyOf } from './lib/money.ts'
import { partsOf } from './lib/read-all.ts'
import { type Approvable, missingApprovals } from './rules/approvals.ts'
import type { Settings } from './settings.ts'
import { BOUND } from './statuses.ts'

type Field = ComputedField<Settings>

function today({ settings, now }: CallContext<Settings>): Day {
  return dayIn(settings.timeZone, now())
}

/** Amounts of instalments that are not paid, added up for each contract. */
function unpaid(name: string, description: string, isMeant: (dueAt: Day, today: Day) => boolean): Field {
  return {
    module: 'contract',
    name,
    type: 'Decimal',
    description,
    needs: ['amount', 'status'],
    load: async (contracts, context) => {
      const bound = contracts.filter(({ status }) => BOUND.includes(status)).map(({ id }) => id)
      const parts = await partsOf(context.records, 'contractInstalment', {
        reference: 'contract',
        ids: bound,
        fields: ['dueAt', 'amount'],
        filter: { paidAt: { isNull: true }, proposed: { eq: false } },
      })
      const now = today(context)
      return contracts.map(({ id, amount }) => {
        if (moneyOf(amount) === null) return null
        const meant = parts.filter((part) => part['contract'] === id && isMeant(part['dueAt'] as Day, now))
        return decimalOf(sumOfUnits(meant.flatMap((part) => moneyOf(part['amount'])?.amount ?? [])), 2)
      })
    },
  }
}

function missing(module: Approvable): Field {
  return {
    module,
    name: 'missingApprovals',
    type: '[String!]',
    description: 'Roles whose approval is still missing, while it is in approval.',
    needs: ['status', 'approvalsNeeded', 'approvalRound'],
    load: async (records, { records: reader }) => {
      const asking = records.filter(({ status }) => status === 'in_approval')
      const lacking = await missingApprovals(reader, module, asking)
      return records.map(({ id }) => lacking.get(id) ?? [])
    },
  }
}

/** How an instalment stands today. */
function stateOf({ paidAt, proposed, dueAt }: PluginRecord, now: Day): string {
  if (proposed === true) return 'proposed'
  if ((paidAt ?? null) !== null) return 'paid'
  return (dueAt as Day) < now ? 'overdue' : dueAt === now ? 'due' : 'planned'
}

export const computed: readonly Field[] = [
  unpaid('unpaidAmount', 'What is to be paid yet, in the currency of the contract; null where it has no amount.', () => true),
  unpaid('dueAmount', 'What is to be paid by today and is not, in the currency of the contract.', (dueAt, now) => dueAt <= now),
  unpaid('overdueAmount', 'What was to be paid before today and is not, in the currency of the contract.', (dueAt, now) => dueAt < now),
  missing('contract'),
  missing('contractAmendment'),
  {
    module: 'contractInstalment',
    name: 'state',
    type: 'String',
    description: 'How it stands today: proposed, planned, due, overdue or paid.',
    needs: ['dueAt', 'paidAt', 'proposed'],
    load: async (records, context) => {
      const now = today(context)
      return records.map((record) => stateOf(record, now))
    },
  },
]
