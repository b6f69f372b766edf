import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreRules } from '../src/domain/index.ts'
import { openWriteKit, type WriteKit } from './support/write-kit.ts'

describe('opportunities and contacts', () => {
  let kit: WriteKit
  let account: string
  let product: string
  let pipeline: string
  let stages: { first: string; second: string; won: string; lost: string }
  beforeAll(async () => {
    kit = await openWriteKit({ rules: coreRules })
    account = (await kit.create(kit.root, 'account', [{ name: 'Customer' }]))[0] as string
    product = (await kit.create(kit.root, 'product', [{ name: 'Thing' }]))[0] as string
    pipeline = (await kit.create(kit.root, 'pipeline', [{ name: 'Sales' }]))[0] as string
    const stage = (name: string, probability: string, category: string) => ({ name, probability, category, pipeline: { id: pipeline } })
    const ids = await kit.create(kit.root, 'stage', [
      stage('First', '0.1', 'open'),
      stage('Second', '0.5', 'open'),
      stage('Won', '1', 'won'),
      stage('Lost', '0', 'lost'),
    ])
    const [first, second, won, lost] = ids as [string, string, string, string]
    stages = { first, second, won, lost }
  })
  afterAll(() => kit.close())

  const opportunity = async (more: Record<string, unknown> = {}) =>
    (await kit.create(kit.root, 'opportunity', [{ name: 'Deal', account: { id: account }, stage: { id: stages.first }, ...more }]))[0] as string
  const move = (id: string, input: Record<string, unknown>) => kit.update(kit.root, 'opportunity', [{ id, input }])

  test('follow their stage, and every step is kept', async () => {
    const id = await opportunity({ amount: { amount: '1000', currency: 'USD' } })
    expect(await kit.row('opportunity', id)).toMatchObject({
      pipeline_id: pipeline,
      status: 'open',
      probability: 0.1,
      expected_revenue_amount: 100,
      closed_at: null,
    })
    await move(id, { stage: { id: stages.second } })
    expect(await kit.row('opportunity', id)).toMatchObject({ probability: 0.5, expected_revenue_amount: 500, version: 2 })
    await move(id, { stage: { id: stages.won } })
    const won = await kit.row('opportunity', id)
    expect(won).toMatchObject({ status: 'won', probability: 1 })
    expect(won.closed_at).not.toBeNull()
    await move(id, { stage: { id: stages.second }, probability: '0.7' })
    expect(await kit.row('opportunity', id)).toMatchObject({ status: 'open', probability: 0.7, closed_at: null })
    const steps = await kit.rows(
      'SELECT from_stage_id, to_stage_id, duration_seconds::int AS seconds, amount_amount::text AS amount FROM opportunity_stage_changes WHERE opportunity_id = $1 ORDER BY id',
      [id],
    )
    expect(steps).toEqual([
      { from_stage_id: null, to_stage_id: stages.first, seconds: null, amount: '1000.0000' },
      { from_stage_id: stages.first, to_stage_id: stages.second, seconds: expect.any(Number), amount: '1000.0000' },
      { from_stage_id: stages.second, to_stage_id: stages.won, seconds: expect.any(Number), amount: '1000.0000' },
      { from_stage_id: stages.won, to_stage_id: stages.second, seconds: expect.any(Number), amount: '1000.0000' },
    ])
  })

  test('status by hand in an open stage; a won stage admits no other', async () => {
    const id = await opportunity()
    await move(id, { status: 'abandoned' })
    expect(await kit.row('opportunity', id)).toMatchObject({ status: 'abandoned', probability: 0 })
    await expect(opportunity({ stage: { id: stages.won }, status: 'open' })).rejects.toMatchObject({ details: { issues: [{ code: 'STAGE_MISMATCH' }] } })
    const [other] = await kit.create(kit.root, 'pipeline', [{ name: 'Other' }])
    await expect(opportunity({ pipeline: { id: other } })).rejects.toMatchObject({ details: { issues: [{ code: 'PIPELINE_MISMATCH' }] } })
  })

  test('line items make the amount while there are any', async () => {
    const id = await opportunity({ amount: { amount: '5', currency: 'USD' } })
    const item = (amount: string, currency = 'USD') => ({ opportunity: { id }, product: { id: product }, unitPrice: { amount, currency }, quantity: '2' })
    const items = await kit.create(kit.root, 'opportunityLineItem', [item('10'), item('2.5')])
    expect(await kit.row('opportunity', id)).toMatchObject({ amount_amount: 25, expected_revenue_amount: 2.5 })
    await expect(move(id, { amount: { amount: '7', currency: 'USD' } })).rejects.toMatchObject({
      details: { issues: [{ path: ['input', 0, 'amount'], code: 'AMOUNT_FROM_LINES' }] },
    })
    await expect(kit.create(kit.root, 'opportunityLineItem', [item('1', 'EUR')])).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    await kit.remove(kit.root, 'opportunityLineItem', [{ id: items[0] as string }])
    expect(await kit.row('opportunity', id)).toMatchObject({ amount_amount: 5 })
    await kit.remove(kit.root, 'opportunityLineItem', [{ id: items[1] as string }])
    await move(id, { amount: { amount: '7', currency: 'USD' } })
    expect(await kit.row('opportunity', id)).toMatchObject({ amount_amount: 7 })
  })

  test('a thousand opportunities in a bulk, with their first steps', async () => {
    kit.takeStatements()
    const ids = await kit.create(
      kit.root,
      'opportunity',
      Array.from({ length: 1000 }, (_, index) => ({ name: `Deal ${index}`, account: { id: account }, stage: { id: stages.first } })),
    )
    expect(kit.takeStatements().length).toBeLessThanOrEqual(7)
    expect(await kit.rows('SELECT count(*)::int AS steps FROM opportunity_stage_changes WHERE opportunity_id = ANY($1)', [ids])).toEqual([{ steps: 1000 }])
  })

  test('a contact is linked to a further account once', async () => {
    const [contact, other] = (await kit.create(kit.root, 'contact', [{ name: 'C' }, { name: 'D' }])) as [string, string]
    const link = (id: string) => ({ account: { id: account }, contact: { id }, role: 'Buyer' })
    const [first] = await kit.create(kit.root, 'accountContact', [link(contact), link(other)])
    await expect(kit.create(kit.root, 'accountContact', [link(contact)])).rejects.toMatchObject({ details: { issues: [{ code: 'DUPLICATE' }] } })
    await kit.remove(kit.root, 'accountContact', [{ id: first as string }])
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => kit.create(kit.root, 'accountContact', [link(contact)])))
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1)
    await expect(kit.restore(kit.root, 'accountContact', [{ id: first as string }])).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
  })

  test('rates and users', async () => {
    await expect(kit.create(kit.root, 'exchangeRate', [{ currency: 'XXX', rate: '1', validFrom: '2024-01-01' }])).rejects.toMatchObject({
      details: { issues: [{ code: 'CURRENCY' }] },
    })
    await expect(kit.create(kit.root, 'exchangeRate', [{ currency: 'USD', rate: '1', validFrom: '2024-01-01' }])).rejects.toMatchObject({
      details: { issues: [{ code: 'OWN_CURRENCY' }] },
    })
    await expect(kit.create(kit.root, 'user', [{ name: 'U', timeZone: 'Mars/Olympus' }])).rejects.toMatchObject({
      details: { issues: [{ code: 'TIME_ZONE' }] },
    })
    await expect(kit.update(kit.root, 'user', [{ id: kit.root.userId, input: { status: 'disabled' } }])).rejects.toMatchObject({
      details: { issues: [{ code: 'SYSTEM_USER' }] },
    })
  })
})
