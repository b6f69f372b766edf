import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TestClient } from '../support/client.ts'
import { type ContractDesk, openContractDesk, refusalsOf, updateOf, usd } from './contracts-kit.ts'

const SET_APPROVALS = 'mutation ($settings: JSON!) { updatePluginSettings(name: "contracts", settings: $settings) { plugin { name } } }'

describe('approvals, payment plans and amendments of contracts', () => {
  let desk: ContractDesk

  const approve = (client: TestClient, id: string, more: object = {}) =>
    desk.add(client, 'contractApproval', { contract: { id }, verdict: 'approved', ...more })
  const setPart = async (client: TestClient, module: string, id: string, input: object) => refusalsOf(await client.send(updateOf(module), { id, input }))
  const submitted = async (amount: string): Promise<string> => {
    const id = await desk.draft({ amount: usd(amount) })
    expect(await desk.set(desk.rep, id, { status: 'in_approval' })).toEqual([])
    return id
  }

  beforeAll(async () => {
    desk = await openContractDesk()
    const rate = { currency: 'EUR', rate: '2', validFrom: '2026-01-01' }
    await desk.admin.data('mutation ($input: CreateExchangeRateInput!) { createExchangeRate(input: $input) { changeSetId } }', { input: rate })
  }, 60_000)
  afterAll(() => desk?.close())

  test('each threshold that the amount reaches asks for its role', async () => {
    const { rep, manager, finance, set, contract } = desk
    for (const [amount, roles] of [
      [usd('9999.99'), []],
      [usd('10000'), ['sales_manager']],
      [usd('100000'), ['sales_manager', 'finance']],
      // Thresholds are in the organisation's currency.
      [{ amount: '4999', currency: 'EUR' }, []],
      [{ amount: '5000', currency: 'EUR' }, ['sales_manager']],
    ] as const) {
      const id = await desk.draft({ amount })
      await set(rep, id, { status: 'in_approval' })
      expect([amount, (await contract(id, 'missingApprovals', rep)).missingApprovals]).toEqual([amount, roles])
      expect(await set(rep, id, { status: 'signed' })).toEqual(roles.length > 0 ? ['input.status: APPROVAL'] : [])
    }
    const id = await submitted('250000')
    expect(await approve(finance, id)).toEqual([])
    expect(await set(rep, id, { status: 'signed' })).toEqual(['input.status: APPROVAL'])
    expect(await approve(manager, id, { comment: 'gladly' })).toEqual([])
    expect(await set(rep, id, { status: 'signed' })).toEqual([])
    const { approvals } = await contract(id, 'approvals(orderBy: [{createdAt: ASC}]) { nodes { verdict comment round roles decidedAt approver { id } } }', rep)
    expect(approvals.nodes).toEqual([
      { verdict: 'approved', comment: null, round: 1, roles: ['finance'], decidedAt: '2026-03-02T10:00:00.000Z', approver: { id: desk.ids.finance } },
      { verdict: 'approved', comment: 'gladly', round: 1, roles: ['sales_manager'], decidedAt: '2026-03-02T10:00:00.000Z', approver: { id: desk.ids.manager } },
    ])
  })

  test('nobody approves their own, twice, without a role, or what is not in approval', async () => {
    const { rep, manager, agent, finance, admin, set } = desk
    const draft = await desk.draft({ amount: usd('20000') })
    expect(await approve(manager, draft)).toEqual(['input.contract: NOT_IN_APPROVAL'])
    // Whoever owns it, has made it, or has submitted it.
    const own = await desk.draft({ amount: usd('20000') }, manager)
    await set(manager, own, { status: 'in_approval' })
    expect(await approve(manager, own)).toEqual(['input: OWN'])
    const submittedByManager = await desk.draft({ amount: usd('20000') })
    await set(manager, submittedByManager, { status: 'in_approval' })
    expect(await approve(manager, submittedByManager)).toEqual(['input: OWN'])
    expect(await approve(admin, submittedByManager)).toEqual([])
    const id = await submitted('20000')
    expect(await approve(rep, id)).toEqual(['FORBIDDEN'])
    expect(await approve(agent, id)).toEqual(['FORBIDDEN'])
    expect(await approve(desk.otherRep, id)).toEqual(['FORBIDDEN'])
    expect(await approve(manager, id)).toEqual([])
    expect(await approve(manager, id)).toEqual(['input: DECIDED'])
    // Another role's approval does not stand for the one that is asked for.
    const other = await submitted('20000')
    expect(await approve(finance, other)).toEqual([])
    expect(await set(rep, other, { status: 'signed' })).toEqual(['input.status: APPROVAL'])
  })

  test('an approval stands as it was given, and counts for its round alone', async () => {
    const { rep, manager, admin, set, contract } = desk
    const id = await submitted('20000')
    expect(await desk.add(manager, 'contractApproval', { contract: { id }, verdict: 'rejected' })).toEqual(['input.comment: REQUIRED'])
    await desk.make(manager, 'contractApproval', { contract: { id }, verdict: 'rejected', comment: 'too cheap' })
    expect(await contract(id, 'status approvalRound')).toEqual({ status: 'draft', approvalRound: 1 })
    await set(rep, id, { status: 'in_approval' })
    const approval = await desk.make(manager, 'contractApproval', { contract: { id }, verdict: 'approved' })
    // Taken back, changed and submitted again: what was approved is no more.
    await set(rep, id, { status: 'draft' })
    await set(rep, id, { amount: usd('90000') })
    await set(rep, id, { status: 'in_approval' })
    expect(await contract(id, 'approvalRound missingApprovals')).toEqual({ approvalRound: 3, missingApprovals: ['sales_manager'] })
    expect(await set(rep, id, { status: 'signed' })).toEqual(['input.status: APPROVAL'])
    expect(await setPart(admin, 'contractApproval', approval, { comment: 'x' })).toEqual(['input: PERMANENT'])
    expect(refusalsOf(await manager.send('mutation ($id: ID!) { deleteContractApproval(id: $id) { id } }', { id: approval }))).toEqual(['FORBIDDEN'])
    for (const field of ['approver: {id: "x"}', 'round: 3', 'roles: []'])
      expect(
        refusalsOf(await admin.send(`mutation { createContractApproval(input: {contract: {id: "${id}"}, verdict: "approved", ${field}}) { changeSetId } }`)),
      ).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(await approve(manager, id)).toEqual([])
    expect(await set(rep, id, { status: 'signed' })).toEqual([])
  })

  test('thresholds are the administrators’', async () => {
    const { rep, agent, set, contract, admin } = desk
    await admin.data(SET_APPROVALS, { settings: { approvals: [{ from: 100, role: 'service_agent' }] } })
    const id = await submitted('150')
    expect((await contract(id, 'missingApprovals')).missingApprovals).toEqual(['service_agent'])
    // The role needs rights on approvals, and on the contract.
    expect(await approve(agent, id)).toEqual(['FORBIDDEN'])
    await admin.data(SET_APPROVALS, { settings: { approvals: [] } })
    // What was submitted goes by the thresholds of then.
    expect(await set(rep, id, { status: 'signed' })).toEqual(['input.status: APPROVAL'])
    for (const status of ['draft', 'in_approval']) expect(await set(rep, id, { status })).toEqual([])
    expect(await set(rep, id, { status: 'signed' })).toEqual([])
    await admin.data(SET_APPROVALS, { settings: { approvals: null } })
  })

  test('a plan is the amount, and is paid when it is signed', async () => {
    const { rep, finance, set, make, add, contract } = desk
    const id = await desk.draft({ amount: usd('1000.10') })
    const first = await make(rep, 'contractInstalment', { contract: { id }, title: 'First', dueAt: '2026-03-01', amount: usd('400.05') })
    expect(await add(rep, 'contractInstalment', { contract: { id }, dueAt: '2026-04-01', amount: { amount: '1', currency: 'EUR' } })).toEqual([
      'input.amount: CURRENCY_MISMATCH',
    ])
    expect(await add(rep, 'contractInstalment', { contract: { id }, dueAt: '2026-04-01', amount: usd('600.06') })).toEqual(['input.amount: PLAN'])
    expect(await set(rep, id, { status: 'in_approval' })).toEqual(['input.amount: PLAN'])
    const second = await make(rep, 'contractInstalment', { contract: { id }, dueAt: '2026-03-02', amount: usd('300.05') })
    const third = await make(rep, 'contractInstalment', { contract: { id }, dueAt: '2026-04-01', amount: usd('300') })
    expect(await setPart(finance, 'contractInstalment', first, { paidAt: '2026-03-02' })).toEqual(['input.paidAt: NOT_SIGNED'])
    expect(await set(rep, id, { status: 'in_approval' })).toEqual([])
    expect(await add(rep, 'contractInstalment', { contract: { id }, dueAt: '2026-04-01', amount: usd('0') })).toEqual(['input.contract: AMENDMENT'])
    expect(await setPart(rep, 'contractInstalment', first, { dueAt: '2026-09-01' })).toEqual(['input.contract: AMENDMENT'])
    expect(refusalsOf(await rep.send('mutation ($id: ID!) { deleteContractInstalment(id: $id) { id } }', { id: third })).length).toBe(1)
    expect(await set(rep, id, { status: 'signed' })).toEqual([])
    const FIELDS = 'unpaidAmount dueAmount overdueAmount nextPaymentAt'
    expect(await contract(id, FIELDS, rep)).toEqual({ unpaidAmount: '1000.10', dueAmount: '700.10', overdueAmount: '400.05', nextPaymentAt: '2026-03-01' })
    const { instalments } = await contract(id, 'instalments(orderBy: [{dueAt: ASC}]) { nodes { state } }', rep)
    expect(instalments.nodes.map(({ state }: { state: string }) => state)).toEqual(['overdue', 'due', 'planned'])
    expect(await setPart(finance, 'contractInstalment', first, { paidAt: '2026-03-03' })).toEqual(['input.paidAt: FUTURE'])
    expect(await setPart(finance, 'contractInstalment', first, { paidAt: '2026-03-02', paidAmount: { amount: '1', currency: 'EUR' } })).toEqual([
      'input.paidAmount: CURRENCY_MISMATCH',
    ])
    expect(await setPart(finance, 'contractInstalment', first, { paidAt: '2026-03-02', paymentReference: 'bank 1' })).toEqual([])
    expect(await setPart(finance, 'contractInstalment', second, { paidAt: '2026-03-02', paidAmount: usd('300') })).toEqual([])
    expect(await contract(id, `${FIELDS} received { amount currency }`, finance)).toEqual({
      unpaidAmount: '300.00',
      dueAmount: '0.00',
      overdueAmount: '0.00',
      nextPaymentAt: '2026-04-01',
      received: { amount: '700.05', currency: 'USD' },
    })
    expect(await setPart(rep, 'contractInstalment', third, { paidAt: '2026-03-02' })).toEqual(['input.paidAt: FORBIDDEN_FIELD'])
    expect(await setPart(finance, 'contractInstalment', third, { amount: usd('1') })).toEqual(['input.amount: FORBIDDEN_FIELD'])
    expect(await setPart(finance, 'contract', id, { title: 'x' })).toEqual(['input.title: FORBIDDEN_FIELD'])
  })

  test('what was signed changes by an amendment, which keeps what was before', async () => {
    const { rep, manager, admin, set, make, add, contract } = desk
    const draft = await desk.draft()
    expect(await add(rep, 'contractAmendment', { contract: { id: draft }, title: 'Too early', newAmount: usd('1') })).toEqual(['input.contract: NOT_SIGNED'])
    const id = await desk.signed({ amount: usd('9000'), noticeDays: 30 })
    const amendment = await make(rep, 'contractAmendment', { contract: { id }, title: 'More wheels' })
    const setAmendment = (client: TestClient, input: object) => setPart(client, 'contractAmendment', amendment, input)
    expect(await setAmendment(rep, { status: 'in_approval' })).toEqual(['input: EMPTY'])
    expect(await setAmendment(rep, { newEndsAt: '2026-01-01' })).toEqual(['input.newEndsAt: RANGE'])
    expect(await setAmendment(rep, { newEndsAt: '2027-01-01', openEnded: true })).toEqual(['input.openEnded: CONFLICT'])
    expect(await setAmendment(rep, { newRenewal: 'automatic' })).toEqual(['input.newRenewal: INCOMPLETE'])
    expect(await setAmendment(rep, { amountBefore: usd('1') })).not.toEqual([])
    expect(await setAmendment(rep, { newAmount: usd('30000'), newEndsAt: '2027-12-31', newRenewal: 'automatic', newRenewalMonths: 12 })).toEqual([])
    expect(await setAmendment(rep, { status: 'signed' })).toContain('input.status: TRANSITION')
    expect(await setAmendment(rep, { status: 'in_approval' })).toEqual([])
    expect(await setAmendment(rep, { newAmount: usd('1') })).toEqual(['input.newAmount: IN_APPROVAL'])
    // By the amount that there will be.
    expect(await setAmendment(rep, { status: 'signed' })).toEqual(['input.status: APPROVAL'])
    expect(await add(manager, 'contractApproval', { contract: { id: draft }, amendment: { id: amendment }, verdict: 'approved' })).toContain(
      'input.amendment: WRONG_CONTRACT',
    )
    expect(await add(manager, 'contractApproval', { contract: { id }, amendment: { id: amendment }, verdict: 'approved' })).toEqual([])
    expect(await setAmendment(rep, { status: 'in_force' })).toEqual(['input.status: TRANSITION'])
    expect(await setAmendment(rep, { status: 'signed' })).toEqual([])
    expect(await contract(id, 'revision amount { amount currency } endsAt renewal renewalMonths noticeDays expiresAt noticeBy status')).toEqual({
      revision: 1,
      amount: usd('30000.00'),
      endsAt: '2027-12-31',
      renewal: 'automatic',
      renewalMonths: 12,
      noticeDays: 30,
      expiresAt: '2027-12-31',
      noticeBy: '2027-12-01',
      status: 'signed',
    })
    const KEPT =
      'query ($id: ID!) { contractAmendment(id: $id) { status revision signedAt effectiveAt inForceAt termsBefore amountBefore { amount currency } } }'
    expect((await rep.data(KEPT, { id: amendment })).contractAmendment).toEqual({
      status: 'in_force',
      revision: 1,
      signedAt: '2026-03-02',
      effectiveAt: '2026-03-02',
      inForceAt: '2026-03-02T10:00:00.000Z',
      termsBefore: { endsAt: '2026-12-31', renewal: 'none', renewalMonths: null },
      amountBefore: usd('9000.00'),
    })
    expect(await setAmendment(admin, { newAmount: usd('1') })).toEqual(['input.newAmount: AMENDMENT'])
    const endless = await make(rep, 'contractAmendment', {
      contract: { id },
      title: 'Without end',
      openEnded: true,
      newRenewal: 'none',
      newAmount: usd('9000'),
    })
    await setPart(rep, 'contractAmendment', endless, { status: 'in_approval' })
    expect(await setPart(rep, 'contractAmendment', endless, { status: 'signed' })).toEqual([])
    expect(await contract(id, 'revision endsAt expiresAt noticeBy renewal')).toEqual({
      revision: 2,
      endsAt: null,
      expiresAt: null,
      noticeBy: null,
      renewal: 'none',
    })
    expect(await set(rep, id, { noticeGivenAt: '2026-03-02' })).toEqual(['input.noticeGivenAt: NOT_APPLICABLE'])
  })

  test('a new plan of an amendment takes the place of what is not paid', async () => {
    const { rep, finance, make, add, set, contract } = desk
    const id = await desk.draft({ amount: usd('900') })
    const paid = await make(rep, 'contractInstalment', { contract: { id }, title: 'paid', dueAt: '2026-03-01', amount: usd('300') })
    await make(rep, 'contractInstalment', { contract: { id }, title: 'old', dueAt: '2026-04-01', amount: usd('600') })
    await set(rep, id, { status: 'in_approval' })
    await set(rep, id, { status: 'signed' })
    expect(await setPart(finance, 'contractInstalment', paid, { paidAt: '2026-03-02' })).toEqual([])
    const amendment = await make(rep, 'contractAmendment', { contract: { id }, title: 'Later, and more', newAmount: usd('1000') })
    expect(await setPart(rep, 'contractAmendment', amendment, { status: 'in_approval' })).toEqual(['input.newAmount: PLAN'])
    const part = { contract: { id }, amendment: { id: amendment }, title: 'new', dueAt: '2026-06-01' }
    await make(rep, 'contractInstalment', { ...part, amount: usd('500') })
    expect(await add(rep, 'contractInstalment', { ...part, amount: usd('201') })).toEqual(['input.amount: PLAN'])
    await make(rep, 'contractInstalment', { ...part, amount: usd('200') })
    // Proposals are no part of the plan yet.
    expect(await contract(id, 'unpaidAmount nextPaymentAt', rep)).toEqual({ unpaidAmount: '600.00', nextPaymentAt: '2026-04-01' })
    expect(await setPart(rep, 'contractAmendment', amendment, { status: 'in_approval' })).toEqual([])
    expect(await add(rep, 'contractInstalment', { ...part, amount: usd('0') })).toEqual(['input.amendment: AMENDMENT'])
    expect(await setPart(rep, 'contractAmendment', amendment, { status: 'signed', effectiveAt: '2026-03-02' })).toEqual([])
    const { instalments } = await contract(id, 'instalments(orderBy: [{dueAt: ASC}, {amount: ASC}]) { nodes { title state amount { amount } } }', rep)
    expect(
      instalments.nodes.map(({ title, state, amount }: { title: string; state: string; amount: { amount: string } }) => [title, state, amount.amount]),
    ).toEqual([
      ['paid', 'paid', '300.00'],
      ['new', 'planned', '200.00'],
      ['new', 'planned', '500.00'],
    ])
    expect(await contract(id, 'unpaidAmount nextPaymentAt', rep)).toEqual({ unpaidAmount: '700.00', nextPaymentAt: '2026-06-01' })
  })

  test('of writers that meet, none gets past the other', async () => {
    const { rep, manager, make } = desk
    for (let round = 0; round < 4; round += 1) {
      const id = await desk.draft({ amount: usd('20000') })
      await make(rep, 'contractInstalment', { contract: { id }, dueAt: '2026-04-01', amount: usd('20000') })
      const [submit, part] = await Promise.all([
        desk.set(rep, id, { status: 'in_approval' }),
        desk.add(rep, 'contractInstalment', { contract: { id }, dueAt: '2026-05-01', amount: usd('1') }),
      ])
      expect(part).not.toEqual([])
      expect(submit).toEqual([])
      const [taken] = await Promise.all([desk.set(rep, id, { status: 'draft' }), approve(manager, id)])
      expect(taken).toEqual([])
      const { status, missingApprovals } = await desk.contract(id, 'status missingApprovals')
      expect([status, missingApprovals]).toEqual(['draft', []])
    }
  })
})
