import { definePlugin, type FieldDescription, type ReminderDescription } from '../api/index.ts'
import { computed } from './computed.ts'
import { grants } from './grants.ts'
import { followDates } from './job.ts'
import { recordsOf } from './lib/read-all.ts'
import { manifest } from './manifest.ts'
import { contractAmendment } from './modules/amendment.ts'
import { contractApproval } from './modules/approval.ts'
import { contract } from './modules/contract.ts'
import { contractInstalment } from './modules/instalment.ts'
import { contractNumbering } from './modules/numbering.ts'
import { contractParty } from './modules/party.ts'
import { labels } from './modules/texts.ts'
import { completeAmendment, followAmendments, judgeAmendments } from './rules/amendments.ts'
import { demandApprovals, followApprovals, judgeApprovals, rolesOf, settleNeeds } from './rules/approvals.ts'
import { completeContract, judgeContract } from './rules/contract-rules.ts'
import { giveNumbers, SERIES } from './rules/numbers.ts'
import { demandSignatures, followParties, judgeParties } from './rules/parties.ts'
import { completeInstalment, demandPlans, followInstalments, judgeInstalments } from './rules/payment-plan.ts'
import { settings } from './settings.ts'
import { transitions } from './statuses.ts'

/** Active contracts of an account, as far as their reader may read them; the sum is for finance. */
const fields: readonly FieldDescription[] = [
  {
    module: 'account',
    name: 'activeContracts',
    type: 'ROLLUP',
    labels: labels('Active contracts', '生效合同数'),
    rollup: { relation: 'contracts', function: 'COUNT', filter: 'status = "active"' },
  },
  {
    module: 'account',
    name: 'activeContractsAmount',
    type: 'ROLLUP',
    labels: labels('Amount of active contracts', '生效合同金额'),
    sensitivity: 'finance',
    levels: { finance: 'READ' },
    rollup: { relation: 'contracts', function: 'SUM', field: 'amount', filter: 'status = "active"' },
  },
]

/** `expiresAt` is empty where nothing will end. */
const reminders = [90, 30, 7].map(
  (days): ReminderDescription => ({
    name: `expires${days}`,
    module: 'contract',
    field: 'expiresAt',
    offsetDays: -days,
    label: `Contracts that end in ${days} days`,
    subject: `A contract ends in ${days} days · 合同将在 ${days} 天后到期`,
  }),
)

const WRITTEN = ['CREATED', 'UPDATED'] as const

export default definePlugin({
  ...manifest,
  settings,
  modules: [contract, contractParty, contractInstalment, contractAmendment, contractApproval, contractNumbering],
  fields,
  grants,
  permissions: [{ name: 'terminate', label: 'Terminate contracts', roles: ['sales_manager'] }],
  reminders,
  transitions,
  computed,
  validations: [
    {
      module: 'contractParty',
      field: 'account',
      code: 'REQUIRED',
      check: ({ account, contact, signatory }) =>
        (account ?? contact ?? signatory ?? null) === null
          ? { en: 'A party is an account or a contact, or has somebody who signs for it.', 'zh-CN': '合同方须为客户或联系人，或有代其签署的人。' }
          : null,
    },
  ],
  before: [
    {
      module: 'contract',
      on: [...WRITTEN],
      run: async (changes, context) => {
        for (const change of changes) completeContract(change, context)
        await giveNumbers(changes, context)
      },
    },
    { module: 'contractInstalment', on: [...WRITTEN], run: (changes) => changes.forEach(completeInstalment) },
    { module: 'contractAmendment', on: [...WRITTEN], run: (changes, context) => changes.forEach((change) => completeAmendment(change, context)) },
    {
      module: 'contractApproval',
      on: ['CREATED'],
      run: async (changes, context) => {
        const system = await context.asSystem('round of an approval')
        const of = (field: string) => changes.map(({ after }) => after[field])
        const contracts = await recordsOf(system, 'contract', of('contract'), ['approvalRound'])
        const amendments = await recordsOf(system, 'contractAmendment', of('amendment'), ['approvalRound'])
        for (const change of changes) {
          const amendment = (change.after['amendment'] ?? null) as string | null
          const subject = amendment === null ? contracts.get(change.after['contract'] as string) : amendments.get(amendment)
          change.set('approver', context.user.id)
          change.set('decidedAt', context.at)
          change.set('round', subject?.['approvalRound'] ?? 0)
          change.set('roles', rolesOf(context))
        }
      },
    },
  ],
  guards: [
    {
      module: 'contract',
      run: async (changes, context) => {
        for (const change of changes) judgeContract(change, context)
        await demandPlans(changes, context)
        await demandApprovals('contract', changes, context)
        await demandSignatures(changes, context)
      },
    },
    { module: 'contractParty', run: judgeParties },
    { module: 'contractInstalment', run: judgeInstalments },
    {
      module: 'contractAmendment',
      run: async (changes, context) => {
        await judgeAmendments(changes, context)
        await demandApprovals('contractAmendment', changes, context)
      },
    },
    { module: 'contractApproval', run: judgeApprovals },
  ],
  after: [
    { module: 'contractParty', run: followParties },
    { module: 'contractInstalment', run: followInstalments },
    { module: 'contract', on: ['UPDATED'], run: (changes, context) => settleNeeds('contract', changes, context) },
    {
      module: 'contractAmendment',
      on: [...WRITTEN],
      run: async (changes, context) => {
        await settleNeeds('contractAmendment', changes, context)
        await followAmendments(changes, context)
      },
    },
    { module: 'contractApproval', on: ['CREATED'], run: followApprovals },
  ],
  jobs: [followDates],
  lifecycle: {
    onEnable: async (context) => {
      const system = await context.asSystem('numbering of contracts')
      if ((await system.count('contractNumbering', { name: { eq: SERIES } })) > 0) return
      await system.change((records) => records.create('contractNumbering', [{ name: SERIES }]))
    },
  },
})
