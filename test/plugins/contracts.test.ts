import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { issuesOf } from '../support/client.ts'
import { type ContractDesk, openContractDesk, updateOf, usd } from './contracts-kit.ts'
import { pluginNamed } from './kit.ts'

describe('the life of a contract', () => {
  let desk: ContractDesk

  beforeAll(async () => {
    desk = await openContractDesk()
  }, 60_000)
  afterAll(() => desk?.close())

  test('goes from draft by way of approval and signature to its end', async () => {
    const { rep, manager, set, contract } = desk
    const id = await desk.draft({ amount: usd('20000') })
    expect(await contract(id, 'number status revision owner { id } expiresAt account { id }')).toEqual({
      number: 'C-00001',
      status: 'draft',
      revision: 0,
      owner: { id: desk.ids.rep },
      expiresAt: null,
      account: { id: desk.account },
    })
    expect(await set(rep, id, { status: 'in_approval' })).toEqual([])
    expect(await contract(id, 'submittedBy { id } submittedAt approvalRound missingApprovals')).toEqual({
      submittedBy: { id: desk.ids.rep },
      submittedAt: '2026-03-02T10:00:00.000Z',
      approvalRound: 1,
      missingApprovals: ['sales_manager'],
    })
    expect(await set(rep, id, { status: 'signed' })).toEqual(['input.status: APPROVAL'])
    expect(await desk.add(manager, 'contractApproval', { contract: { id }, verdict: 'approved' })).toEqual([])
    expect(await set(rep, id, { status: 'signed' })).toEqual([])
    expect(await contract(id, 'status signedAt expiresAt missingApprovals')).toEqual({
      status: 'signed',
      signedAt: '2026-03-02',
      expiresAt: '2026-12-31',
      missingApprovals: [],
    })
    expect(await set(rep, id, { status: 'active' })).toEqual([])
    expect(await set(rep, id, { status: 'terminated' })).toEqual(['input.terminationReason: TRANSITION', 'input.status: TRANSITION'])
    expect(await set(rep, id, { status: 'terminated', terminationReason: 'moved' })).toEqual(['input.status: TRANSITION'])
    expect(await set(manager, id, { status: 'terminated', terminationReason: 'moved' })).toEqual([])
    expect(await contract(id, 'status terminatedAt expiresAt')).toEqual({ status: 'terminated', terminatedAt: '2026-03-02', expiresAt: null })
  })

  test('takes no other steps, and none before its day', async () => {
    const { rep, admin, set } = desk
    const id = await desk.draft({ startsAt: '2026-03-03' })
    for (const status of ['signed', 'active', 'expired', 'terminated']) expect(await set(rep, id, { status })).toContain('input.status: TRANSITION')
    const empty = await desk.draft({ amount: null, startsAt: null })
    expect(await set(rep, empty, { status: 'in_approval' })).toEqual(['input.amount: TRANSITION', 'input.startsAt: TRANSITION'])
    for (const status of ['signed', 'active', 'in_approval'])
      expect(await desk.add(rep, 'contract', { title: 'x', account: { id: desk.account }, amount: usd('1'), status })).toContain('input.status: TRANSITION')
    await set(rep, id, { status: 'in_approval' })
    expect(await set(rep, id, { status: 'signed', signedAt: '2026-03-03' })).toEqual(['input.signedAt: FUTURE'])
    expect(await set(rep, id, { status: 'signed' })).toEqual([])
    expect(await set(rep, id, { status: 'active' })).toEqual(['input.status: TOO_EARLY'])
    expect(await set(admin, id, { status: 'active' })).toEqual(['input.status: TOO_EARLY'])
    expect(await set(rep, id, { status: 'expired' })).toContain('input.status: TRANSITION')
    expect(await set(rep, id, { signedAt: null })).toEqual(['input.signedAt: REQUIRED'])
    expect(await set(desk.manager, id, { status: 'terminated', terminationReason: 'x', terminatedAt: '2026-04-01' })).toEqual(['input.terminatedAt: FUTURE'])
    expect(await desk.add(rep, 'contract', { title: 'x', account: { id: desk.account }, startsAt: '2026-02-01', endsAt: '2026-01-01' })).toEqual([
      'input.endsAt: RANGE',
    ])
    expect((await desk.add(rep, 'contract', { title: 'x', account: { id: desk.account }, renewal: 'automatic' })).toSorted()).toEqual([
      'input.endsAt: REQUIRED',
      'input.renewalMonths: REQUIRED',
    ])
    // Administrators take over what was agreed on elsewhere; what must hold then must hold all the same.
    const taken = {
      title: 'from the old system',
      account: { id: desk.account },
      amount: usd('1'),
      signedAt: '2025-01-01',
      startsAt: '2025-01-01',
      endsAt: '2027-01-01',
    }
    expect(await desk.add(admin, 'contract', { ...taken, status: 'active', number: 'OLD-7' })).toEqual([])
    expect(await desk.add(admin, 'contract', { ...taken, status: 'expired' })).toEqual(['input.status: TOO_EARLY'])
    expect(await desk.add(admin, 'contract', { ...taken, title: 'same number', number: 'OLD-7' })).toEqual(['input.number: DUPLICATE'])
  })

  test('once more than a draft, its terms stay, and once signed, it stays', async () => {
    const { rep, admin, set } = desk
    const id = await desk.draft()
    await set(rep, id, { status: 'in_approval' })
    expect(await set(rep, id, { amount: usd('1') })).toEqual(['input.amount: IN_APPROVAL'])
    expect(await set(rep, id, { status: 'draft' })).toEqual([])
    expect(await set(rep, id, { amount: usd('6000'), endsAt: '2027-06-30' })).toEqual([])
    await set(rep, id, { status: 'in_approval' })
    await set(rep, id, { status: 'signed' })
    const terms = { amount: usd('1'), startsAt: '2026-01-01', endsAt: null, renewal: 'manual', renewalMonths: 3, noticeDays: 9 }
    for (const client of [rep, admin])
      expect((await set(client, id, terms)).toSorted()).toEqual(
        ['amount', 'endsAt', 'noticeDays', 'renewal', 'renewalMonths', 'startsAt'].map((term) => `input.${term}: AMENDMENT`),
      )
    expect(await set(rep, id, { title: 'Supply of wheels and tyres', notes: 'filed', documentUrl: 'https://files.test/1' })).toEqual([])
    const DELETE = 'mutation ($id: ID!) { deleteContract(id: $id) { id } }'
    expect(issuesOf(await rep.send(DELETE, { id })).length).toBe(1)
    const submitted = await desk.draft({ amount: usd('20000') })
    await desk.make(rep, 'contractParty', { contract: { id: submitted }, name: 'Wheels Ltd', account: { id: desk.account } })
    await desk.make(rep, 'contractInstalment', { contract: { id: submitted }, dueAt: '2026-04-01', amount: usd('20000') })
    await set(rep, submitted, { status: 'in_approval' })
    await desk.make(desk.manager, 'contractApproval', { contract: { id: submitted }, verdict: 'approved' })
    await rep.data(DELETE, { id: submitted })
    const draft = await desk.draft()
    await desk.make(rep, 'contractParty', { contract: { id: draft }, name: 'Wheels Ltd', account: { id: desk.account } })
    await desk.make(rep, 'contractInstalment', { contract: { id: draft }, dueAt: '2026-04-01', amount: usd('5000') })
    await rep.data(DELETE, { id: draft })
    expect(
      (await admin.data('query ($id: ID!) { contractParties(filter: {contract: {id: {eq: $id}}}) { totalCount } }', { id: draft })).contractParties.totalCount,
    ).toBe(0)
    await rep.data('mutation ($id: ID!) { restoreContract(id: $id) { changeSetId } }', { id: draft })
    expect((await desk.contract(draft, 'parties { totalCount } instalments { totalCount }')).parties.totalCount).toBe(1)
  })

  test('parties come, go and sign before it is signed, and all of them sign', async () => {
    const { rep, set, make, add } = desk
    const id = await desk.draft()
    const party = await make(rep, 'contractParty', { contract: { id }, name: 'Wheels Ltd', account: { id: desk.account }, role: 'client' })
    await make(rep, 'contractParty', { contract: { id }, name: 'We Ourselves', signatory: 'The head of sales', signedAt: '2026-03-01', role: 'supplier' })
    expect(await add(rep, 'contractParty', { contract: { id }, name: 'Nobody' })).toEqual(['input.account: REQUIRED'])
    expect(await add(rep, 'contractParty', { contract: { id }, name: 'Later', signatory: 'x', signedAt: '2026-03-09' })).toEqual(['input.signedAt: FUTURE'])
    await set(rep, id, { status: 'in_approval' })
    const refused = await rep.send(updateOf('contract'), { id, input: { status: 'signed' } })
    expect(issuesOf(refused)).toEqual(['input.status: SIGNATURE'])
    expect(refused.errors[0]?.message).toContain('Wheels Ltd')
    expect(await add(rep, 'contractParty', { contract: { id }, name: 'One more', signatory: 'x' })).toEqual(['input.contract: SIGNED'])
    const setParty = async (input: object) => issuesOf(await rep.send(updateOf('contractParty'), { id: party, input }))
    expect(await setParty({ name: 'Wheels Inc' })).toEqual(['input.name: SIGNED'])
    expect(await setParty({ signedAt: '2026-03-02', signatory: 'The owner' })).toEqual([])
    expect(await set(rep, id, { status: 'signed' })).toEqual([])
    expect(await setParty({ signedAt: null })).toEqual(['input.signedAt: SIGNED'])
    expect(await setParty({ signatory: 'Her daughter' })).toEqual([])
    expect(issuesOf(await rep.send('mutation ($id: ID!) { deleteContractParty(id: $id) { id } }', { id: party })).length).toBe(1)
  })

  test('is found by its title, its number and its parties', async () => {
    const { rep } = desk
    const id = await desk.draft({ title: '轮胎供应合同' })
    await desk.make(rep, 'contractParty', { contract: { id }, name: '车轮有限公司', signatory: '王' })
    const { number } = await desk.contract(id, 'number')
    for (const search of ['轮胎供应', number])
      expect((await rep.data('query ($search: String) { contracts(search: $search) { nodes { id } } }', { search })).contracts.nodes).toEqual([{ id }])
    expect((await rep.data('{ contractParties(search: "车轮") { nodes { contract { id } } } }')).contractParties.nodes).toEqual([{ contract: { id } }])
    const { module } = await rep.data('{ module(name: "contract") { label(locale: "zh-CN") fields { name label(locale: "zh-CN") } } }')
    expect(module.label).toBe('合同')
    expect(module.fields.find(({ name }: { name: string }) => name === 'noticeBy').label).toBe('最迟通知日')
  })

  test('the examples of its documentation hold', async () => {
    const text = readFileSync(new URL('../../docs/plugins/contracts.md', import.meta.url), 'utf8')
    const examples = [...text.matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, example]) => (example as string).replace('"…"', JSON.stringify(desk.account)))
    expect(examples.length).toBeGreaterThan(3)
    for (const example of examples) await desk.admin.data(example)
    await desk.admin.data('mutation { updatePluginSettings(name: "contracts", settings: {approvals: null}) { plugin { name } } }')
  })

  test('tells administrators what can be set, and refuses what cannot', async () => {
    const { settingsSchema, builtIn, capabilities } = await pluginNamed(desk.admin, 'contracts').then(async (plugin) => ({
      ...plugin,
      ...(await desk.admin.data('{ plugins { name builtIn } }')).plugins.find(({ name }: { name: string }) => name === 'contracts'),
    }))
    expect(builtIn).toBe(true)
    expect(Object.keys(settingsSchema.properties).toSorted()).toEqual(['approvals', 'gaplessNumbers', 'gaplessPrefix', 'timeZone'])
    expect(capabilities).toMatchObject({ system: true, jobs: true })
    const SET = 'mutation ($settings: JSON!) { updatePluginSettings(name: "contracts", settings: $settings) { plugin { name } } }'
    for (const settings of [
      { timeZone: 'Mars/Base' },
      { approvals: [{ from: -1, role: 'finance' }] },
      { approvals: [{ from: 1, role: '__proto__' }] },
      { gaplessPrefix: '中' },
    ])
      expect(issuesOf(await desk.admin.send(SET, { settings })).length).toBe(1)
  })
})
