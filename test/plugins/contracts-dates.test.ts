import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { addMonths } from '../../src/plugins/contracts/lib/days.ts'
import { type ContractDesk, openContractDesk, updateOf, usd } from './contracts-kit.ts'
import { eventually } from './kit.ts'

test('months later, the last day of a month stays the last', () => {
  for (const [day, months, later] of [
    ['2026-01-31', 1, '2026-02-28'],
    ['2026-02-28', 1, '2026-03-31'],
    ['2026-02-28', 12, '2027-02-28'],
    ['2027-02-28', 12, '2028-02-29'],
    ['2026-01-30', 1, '2026-02-28'],
    ['2026-12-31', 12, '2027-12-31'],
    ['2026-11-15', 14, '2028-01-15'],
  ] as const)
    expect([day, months, addMonths(day, months)]).toEqual([day, months, later])
})

describe('what comes to contracts by date', () => {
  let desk: ContractDesk
  const reminders = async (id: string) => {
    const { nodes } = (await desk.rep.data('{ reminders(first: 500, orderBy: [{dueAt: ASC}]) { nodes { subject dueAt state record { id } } } }')).reminders
    return (nodes as { subject: string; dueAt: string; state: string; record: { id: string } | null }[])
      .filter(({ record }) => record?.id === id)
      .map(({ subject, dueAt, state }) => [/\d+/.exec(subject)?.[0], dueAt, state])
  }

  beforeAll(async () => {
    desk = await openContractDesk({ settings: { timeZone: 'Asia/Shanghai' }, now: '2026-03-02T10:00:00Z' })
  }, 60_000)
  afterAll(() => desk?.close())

  test('contracts begin, renew, expire and are reminded of, on the calendar of the organisation', async () => {
    const { rep, contract, set } = desk
    const plain = await desk.signed({ startsAt: '2026-04-01', endsAt: '2026-06-30' })
    const renewing = await desk.signed({ startsAt: '2026-03-01', endsAt: '2026-06-30', renewal: 'automatic', renewalMonths: 1, noticeDays: 30 })
    const noticed = await desk.signed({ startsAt: '2026-03-01', endsAt: '2026-06-30', renewal: 'automatic', renewalMonths: 6, noticeDays: 30 })
    const endless = await desk.signed({ startsAt: '2026-03-01', endsAt: null })
    await desk.draft({ startsAt: '2026-03-01', endsAt: '2026-03-01' })
    await eventually(async () => (await reminders(plain)).length === 3, 20_000)
    expect(await reminders(plain)).toEqual([
      ['90', '2026-04-01T09:00:00.000Z', 'scheduled'],
      ['30', '2026-05-31T09:00:00.000Z', 'scheduled'],
      ['7', '2026-06-23T09:00:00.000Z', 'scheduled'],
    ])
    expect(await reminders(endless)).toEqual([])

    // Just before midnight in Shanghai, and just after.
    await desk.runTo('2026-03-31T15:59:00Z')
    expect(await contract(plain, 'status')).toEqual({ status: 'signed' })
    await desk.runTo('2026-03-31T16:01:30Z')
    expect(await contract(plain, 'status')).toEqual({ status: 'active' })
    expect(await contract(renewing, 'status noticeBy')).toEqual({ status: 'active', noticeBy: '2026-05-31' })
    for (const [at, days] of [
      ['2026-04-01T09:00:30Z', 90],
      ['2026-05-31T09:00:30Z', 30],
      ['2026-06-23T09:00:30Z', 7],
    ] as const) {
      desk.setClock(at)
      await eventually(async () => (await reminders(plain)).find(([told]) => told === String(days))?.[2] === 'fired', 20_000)
      expect((await reminders(plain)).filter(([, , state]) => state === 'scheduled').map(([told]) => Number(told))).toEqual(
        [90, 30, 7].filter((each) => each < days),
      )
    }
    expect(await set(rep, noticed, { noticeGivenAt: '2026-06-01' })).toEqual(['input.noticeGivenAt: LATE'])
    expect(await set(rep, noticed, { noticeGivenAt: '2026-05-20' })).toEqual([])

    await desk.runTo('2026-06-30T15:59:00Z')
    expect(await contract(plain, 'status')).toEqual({ status: 'active' })
    await desk.runTo('2026-06-30T16:01:30Z')
    expect(await contract(plain, 'status expiresAt')).toEqual({ status: 'expired', expiresAt: null })
    expect(await contract(noticed, 'status')).toEqual({ status: 'expired' })
    expect(await contract(endless, 'status')).toEqual({ status: 'active' })
    expect(
      await contract(
        renewing,
        'status endsAt revision noticeBy amendments { nodes { kind status title effectiveAt newEndsAt revision termsBefore createdBy { name } } }',
      ),
    ).toEqual({
      status: 'active',
      endsAt: '2026-07-31',
      revision: 1,
      noticeBy: '2026-07-01',
      amendments: {
        nodes: [
          {
            kind: 'renewal',
            status: 'in_force',
            title: '2026-06-30 → 2026-07-31',
            effectiveAt: '2026-07-01',
            newEndsAt: '2026-07-31',
            revision: 1,
            termsBefore: { endsAt: '2026-06-30' },
            createdBy: { name: 'Plugin contracts' },
          },
        ],
      },
    })
    // The reminders move with the end.
    await eventually(async () => (await reminders(renewing)).some(([, dueAt, state]) => dueAt === '2026-07-24T09:00:00.000Z' && state === 'scheduled'), 20_000)
  }, 180_000)

  test('a server that was away makes up for all of it, and an amendment comes into force on its day', async () => {
    const { rep, make, contract } = desk
    const id = await desk.signed({ startsAt: '2026-07-01', endsAt: '2026-09-30', renewal: 'automatic', renewalMonths: 3 })
    const amended = await desk.signed({ startsAt: '2026-07-01', endsAt: '2027-09-30' })
    const amendment = await make(rep, 'contractAmendment', { contract: { id: amended }, title: 'Later', newAmount: usd('7000'), effectiveAt: '2026-10-01' })
    for (const status of ['in_approval', 'signed']) await rep.data(updateOf('contractAmendment'), { id: amendment, input: { status } })
    expect(await contract(amended, 'revision amount { amount }')).toEqual({ revision: 0, amount: { amount: '5000.00' } })
    await desk.runTo('2027-02-10T01:00:00Z')
    expect(await contract(id, 'status endsAt revision')).toEqual({ status: 'active', endsAt: '2027-03-31', revision: 2 })
    expect(await contract(amended, 'status revision amount { amount }')).toEqual({ status: 'active', revision: 1, amount: { amount: '7000.00' } })
  }, 120_000)

  test('one that has expired is taken up again by an amendment with a new end', async () => {
    const { rep, make, contract } = desk
    const id = await desk.signed({ startsAt: '2027-01-01', endsAt: '2027-02-15', renewal: 'manual' })
    await desk.runTo('2027-02-16T01:00:00Z')
    expect(await contract(id, 'status')).toEqual({ status: 'expired' })
    expect(await desk.add(rep, 'contractAmendment', { contract: { id }, title: 'x', newAmount: usd('1') })).toEqual(['input.contract: NOT_SIGNED'])
    const amendment = await make(rep, 'contractAmendment', { contract: { id }, title: 'Renewed', kind: 'renewal', newEndsAt: '2028-02-15' })
    for (const status of ['in_approval', 'signed']) await rep.data(updateOf('contractAmendment'), { id: amendment, input: { status } })
    expect(await contract(id, 'status endsAt expiresAt')).toEqual({ status: 'active', endsAt: '2028-02-15', expiresAt: '2028-02-15' })
  }, 120_000)

  test('nobody is reminded of what was terminated', async () => {
    const id = await desk.signed({ startsAt: '2027-01-01', endsAt: '2027-12-31' })
    await eventually(async () => (await reminders(id)).length === 3, 20_000)
    expect(await desk.set(desk.manager, id, { status: 'terminated', terminationReason: 'insolvency' })).toEqual([])
    await eventually(async () => (await reminders(id)).every(([, , state]) => state === 'cancelled'), 20_000)
    expect(await desk.contract(id, 'expiresAt')).toEqual({ expiresAt: null })
  }, 60_000)
})

describe('numbers without gaps', () => {
  let desk: ContractDesk
  beforeAll(async () => {
    desk = await openContractDesk({ settings: { gaplessNumbers: true, gaplessPrefix: 'HT-', timeZone: 'Asia/Shanghai' } })
  }, 60_000)
  afterAll(() => desk?.close())

  test('run in one series whoever meets whom, and give back what is not kept', async () => {
    const { rep, manager, admin } = desk
    await Promise.all(Array.from({ length: 12 }, (_, index) => desk.draft({ title: `Contract ${index}` }, index % 2 === 0 ? rep : manager)))
    expect(await desk.add(rep, 'contract', { title: 'not kept', account: { id: desk.account }, startsAt: '2026-02-01', endsAt: '2026-01-01' })).toEqual([
      'input.endsAt: RANGE',
    ])
    await admin.data('mutation ($input: CreateContractInput!) { createContract(input: $input, dryRun: true) { changeSetId } }', {
      input: { title: 'dry', account: { id: desk.account } },
    })
    const batch = Array.from({ length: 3 }, (_, index) => ({ title: `Batch ${index}`, account: { id: desk.account } }))
    await admin.data('mutation ($input: [CreateContractInput!]!) { createContracts(input: $input) { changeSetId } }', { input: batch })
    const numbers = async () =>
      (await admin.data('{ contracts(first: 100, orderBy: [{number: ASC}]) { nodes { number } } }')).contracts.nodes.map(
        ({ number }: { number: string }) => number,
      )
    expect(await numbers()).toEqual(Array.from({ length: 15 }, (_, index) => `HT-2026-${String(index + 1).padStart(5, '0')}`))
    // A new year begins anew, on the calendar of the organisation.
    desk.setClock('2026-12-31T16:30:00Z')
    await desk.draft()
    expect((await numbers()).at(-1)).toBe('HT-2027-00001')
    await admin.data('mutation { updatePluginSettings(name: "contracts", settings: {gaplessNumbers: false}) { plugin { name } } }')
    const id = await desk.draft()
    expect((await desk.contract(id, 'number')).number).toMatch(/^C-\d{5}$/)
  }, 60_000)
})
