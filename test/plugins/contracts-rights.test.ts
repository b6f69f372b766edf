import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { type Subscription, subscribe } from '../support/subscription.ts'
import { type ContractDesk, openContractDesk, refusalsOf, updateOf, usd } from './contracts-kit.ts'
import { eventually, step } from './kit.ts'

describe('who sees and does what with contracts', () => {
  let desk: ContractDesk
  let mine: string
  let other: string
  let approval: string

  beforeAll(async () => {
    desk = await openContractDesk()
    const { rep, otherRep, manager, finance } = desk
    mine = await desk.draft({ amount: usd('20000'), title: 'Mine' })
    await desk.make(rep, 'contractParty', { contract: { id: mine }, name: 'Wheels Ltd', account: { id: desk.account }, signedAt: '2026-03-01' })
    const instalment = await desk.make(rep, 'contractInstalment', { contract: { id: mine }, title: 'All', dueAt: '2026-03-01', amount: usd('20000') })
    await desk.set(rep, mine, { status: 'in_approval' })
    approval = await desk.make(manager, 'contractApproval', { contract: { id: mine }, verdict: 'approved' })
    await desk.set(rep, mine, { status: 'signed' })
    await desk.set(rep, mine, { status: 'active' })
    await finance.data(updateOf('contractInstalment'), { id: instalment, input: { paidAt: '2026-03-02', paymentReference: 'bank 7' } })
    await desk.make(rep, 'contractAmendment', { contract: { id: mine }, title: 'More', newAmount: usd('30000') })
    const account = (await otherRep.data('mutation { createAccount(input: {name: "Other Ltd"}) { account { id } } }')).createAccount.account.id
    other = await desk.make(otherRep, 'contract', { title: 'Not mine', account: { id: account }, amount: usd('7'), startsAt: '2026-03-01' })
    await desk.make(otherRep, 'contractParty', { contract: { id: other }, name: 'Other Ltd', account: { id: account } })
  }, 120_000)
  afterAll(() => desk?.close())

  const titles = async (client: TestClient) =>
    (await client.data('{ contracts(orderBy: [{title: ASC}]) { nodes { title } } }')).contracts.nodes.map(({ title }: { title: string }) => title)

  test('sales representatives see their own, managers their team’s, finance and service all, marketing none', async () => {
    expect(await titles(desk.rep)).toEqual(['Mine'])
    expect(await titles(desk.otherRep)).toEqual(['Not mine'])
    for (const client of [desk.manager, desk.finance, desk.agent, desk.reader, desk.admin]) expect(await titles(client)).toEqual(['Mine', 'Not mine'])
    expect(codesOf(await desk.marketing.send('{ contracts { nodes { title } } }'))).toEqual(['FORBIDDEN'])
    for (const [module, plural] of [
      ['contractParty', 'contractParties'],
      ['contractInstalment', 'contractInstalments'],
      ['contractAmendment', 'contractAmendments'],
      ['contractApproval', 'contractApprovals'],
    ] as const) {
      const count = async (client: TestClient) => (await client.data(`{ ${plural} { totalCount } }`))[plural].totalCount
      expect([module, await count(desk.rep), await count(desk.otherRep)]).toEqual([module, 1, module === 'contractParty' ? 1 : 0])
      expect(codesOf(await desk.marketing.send(`{ ${plural} { totalCount } }`))).toEqual(['FORBIDDEN'])
    }
    expect(await desk.set(desk.otherRep, mine, { title: 'taken' })).toEqual(['NOT_FOUND'])
    expect(await desk.add(desk.otherRep, 'contractParty', { contract: { id: mine }, name: 'x', signatory: 'x' })).toEqual(['input.contract.id: NOT_FOUND'])
    for (const client of [desk.agent, desk.reader, desk.marketing]) {
      expect(await desk.set(client, mine, { title: 'taken' })).toEqual(['FORBIDDEN'])
      expect(await desk.add(client, 'contract', { title: 'x', account: { id: desk.account } })).toEqual(['FORBIDDEN'])
    }
  })

  test('amounts are for sales and finance: others meet them nowhere', async () => {
    const hidden: readonly (readonly [string, string])[] = [
      ['{ contracts { nodes { amount { amount } } } }', 'FORBIDDEN_FIELD'],
      ['{ contracts(filter: {amount: {gt: "1"}}) { totalCount } }', 'FORBIDDEN_FIELD'],
      ['{ contracts(orderBy: [{amount: ASC}]) { totalCount } }', 'FORBIDDEN_FIELD'],
      ['{ contractsAggregate { sum { amount { amount } } } }', 'FORBIDDEN_FIELD'],
      ['{ contractsAggregate { max { amount { amount } } } }', 'FORBIDDEN_FIELD'],
      ['{ contracts { nodes { unpaidAmount } } }', 'FORBIDDEN_FIELD'],
      ['{ contracts { nodes { missingApprovals } } }', 'FORBIDDEN_FIELD'],
      ['{ contracts { nodes { received { amount } } } }', 'FORBIDDEN_FIELD'],
      ['{ contractAmendments { nodes { newAmount { amount } } } }', 'FORBIDDEN_FIELD'],
      ['{ accounts { nodes { activeContractsAmount { amount } } } }', 'FORBIDDEN_FIELD'],
      ['{ accounts(orderBy: [{activeContractsAmount: DESC}]) { totalCount } }', 'FORBIDDEN_FIELD'],
      ['{ accounts(filter: {activeContractsAmount: {gt: "1"}}) { totalCount } }', 'FORBIDDEN_FIELD'],
    ]
    for (const [name, client] of [
      ['agent', desk.agent],
      ['reader', desk.reader],
    ] as const)
      for (const transport of TRANSPORTS)
        for (const [query, code] of hidden) {
          const { errors } = await client.send(query, {}, { transport })
          // What somebody may not know of, the schema that they see has not.
          expect([
            name,
            query,
            errors.length > 0 && errors.every(({ extensions }) => [code, 'GRAPHQL_VALIDATION_FAILED', 'FORBIDDEN'].includes(extensions.code)),
          ]).toEqual([name, query, true])
        }
    const node = await desk.agent.send('query ($id: ID!) { node(id: $id) { id ... on Contract { title amount { amount } } } }', { id: mine })
    expect([codesOf(node), node.data.node]).toEqual([['FORBIDDEN_FIELD'], { id: mine, title: 'Mine', amount: null }])
    const { contract } = await desk.agent.data(
      'query ($id: ID!) { contract(id: $id) { values history(first: 50) { nodes { changes { field before after } } } } }',
      { id: mine },
    )
    expect(JSON.stringify(contract)).not.toMatch(/20000|amount/i)
    // In search, too, they are not to be found.
    expect((await desk.agent.data('{ contracts(search: "20000") { totalCount } }')).contracts.totalCount).toBe(0)
    expect((await desk.rep.data('query ($id: ID!) { contract(id: $id) { amount { amount } unpaidAmount } }', { id: mine })).contract).toEqual({
      amount: { amount: '20000.00' },
      unpaidAmount: '0.00',
    })
  })

  test('what was paid, and the sums of accounts, are for finance alone', async () => {
    const PAID = '{ contractInstalments { nodes { paidAt paidAmount { amount } paymentReference } } }'
    expect((await desk.finance.data(PAID)).contractInstalments.nodes).toEqual([
      { paidAt: '2026-03-02', paidAmount: { amount: '20000.00' }, paymentReference: 'bank 7' },
    ])
    for (const client of [desk.rep, desk.manager]) {
      expect(codesOf(await client.send(PAID))).toContain('FORBIDDEN_FIELD')
      expect((await client.data('{ contractInstalments { nodes { paidAt state } } }')).contractInstalments.nodes).toEqual([
        { paidAt: '2026-03-02', state: 'paid' },
      ])
      expect(codesOf(await client.send('{ contracts { nodes { received { amount } } } }'))).toContain('FORBIDDEN_FIELD')
      expect(codesOf(await client.send('{ accounts { nodes { activeContractsAmount { amount } } } }'))).toContain('FORBIDDEN_FIELD')
    }
    const SUMS = 'query ($id: ID!) { account(id: $id) { activeContracts activeContractsAmount { amount currency } contracts { totalCount } } }'
    expect((await desk.finance.data(SUMS, { id: desk.account })).account).toEqual({
      activeContracts: 1,
      activeContractsAmount: usd('20000.00'),
      contracts: { totalCount: 1 },
    })
    expect((await desk.agent.data('query ($id: ID!) { account(id: $id) { activeContracts } }', { id: desk.account })).account.activeContracts).toBe(1)
    expect((await desk.finance.data('{ accounts(orderBy: [{activeContractsAmount: DESC}]) { nodes { name } } }')).accounts.nodes[0].name).toBe('Wheels Ltd')
    // Of contracts that they do not see nothing is counted.
    const GIVE = 'mutation ($id: ID!, $user: ID!) { updateAccount(id: $id, input: {owner: {id: $user}}) { changeSetId } }'
    await desk.admin.data(GIVE, { id: desk.account, user: desk.ids.otherRep })
    expect((await desk.otherRep.data('query ($id: ID!) { account(id: $id) { activeContracts } }', { id: desk.account })).account.activeContracts).toBe(0)
    await desk.admin.data(GIVE, { id: desk.account, user: desk.ids.rep })
  })

  test('search and history tell what somebody may read, and of the contracts of others nothing', async () => {
    const found = async (client: TestClient, plural: string, search: string) =>
      (await client.data(`query ($search: String) { ${plural}(search: $search) { totalCount } }`, { search }))[plural].totalCount
    const { number } = await desk.contract(mine, 'number')
    const ofOne = [1, 1, 1, 1, 1, 0]
    for (const [plural, search, counts] of [
      // Each has one of his own with this word in its title.
      ['contracts', 'mine', [1, 2, 2, 2, 2, 1]],
      ['contracts', number, ofOne],
      ['contractParties', 'Wheels', ofOne],
      ['contractAmendments', 'More', ofOne],
    ] as const) {
      const seen = [desk.rep, desk.manager, desk.finance, desk.agent, desk.reader, desk.otherRep].map((client) => found(client, plural, search))
      expect([search, await Promise.all(seen)]).toEqual([search, counts])
      expect(codesOf(await desk.marketing.send(`query ($search: String) { ${plural}(search: $search) { totalCount } }`, { search }))).toEqual(['FORBIDDEN'])
    }
    const HISTORY = 'query ($id: ID!) { node(id: $id) { ... on Record { history(first: 50) { totalCount nodes { changes { field before after } } } } } }'
    const told = async (client: TestClient, id: string) => {
      const { history } = (await client.data(HISTORY, { id })).node
      return new Set(history.nodes.flatMap(({ changes }: { changes: { field: string }[] }) => changes.map(({ field }) => field)))
    }
    expect([...(await told(desk.rep, mine))]).toEqual(expect.arrayContaining(['title', 'amount', 'status', 'signedAt']))
    const { nodes } = (await desk.finance.data('{ contractInstalments { nodes { id } } }')).contractInstalments
    const [ofFinance, ofRep] = [await told(desk.finance, nodes[0].id), await told(desk.rep, nodes[0].id)]
    for (const field of ['paidAmount', 'paymentReference']) expect([field, ofFinance.has(field), ofRep.has(field)]).toEqual([field, true, false])
    expect([ofFinance.has('paidAt'), ofRep.has('paidAt')]).toEqual([true, true])
    for (const id of [mine, approval, nodes[0].id]) {
      const { data, errors } = await desk.otherRep.send(HISTORY, { id })
      expect([data.node, errors.map(({ extensions }) => extensions.code)]).toEqual([null, ['NOT_FOUND']])
    }
  })

  test('finance decides and books, and writes nothing else', async () => {
    for (const input of [{ title: 'x' }, { amount: usd('1') }, { status: 'draft' }, { notes: 'x' }, { endsAt: '2030-01-01' }])
      expect(await desk.set(desk.finance, other, input)).toEqual([`input.${Object.keys(input)[0]}: FORBIDDEN_FIELD`])
    expect(await desk.add(desk.finance, 'contractParty', { contract: { id: other }, name: 'x', signatory: 'x' })).toEqual(['FORBIDDEN'])
    expect(await desk.add(desk.finance, 'contractAmendment', { contract: { id: mine }, title: 'x' })).toEqual(['FORBIDDEN'])
    expect(refusalsOf(await desk.finance.send('mutation ($id: ID!) { deleteContract(id: $id) { id } }', { id: other }))).toEqual(['FORBIDDEN'])
  })

  test('what is computed takes two statements more for a whole list', async () => {
    const statements = async (fields: string) => {
      const taken = await desk.server.statementsOf(() => desk.finance.data(`{ contracts(first: 500) { nodes { title ${fields} } } }`))
      return taken.filter(({ purpose }) => purpose === 'record').length
    }
    // What the server does beside it now and then counts, too.
    const fewest = async (fields: string) => Math.min(await statements(fields), await statements(fields), await statements(fields))
    const plain = await fewest('')
    for (const field of ['unpaidAmount', 'missingApprovals']) expect((await fewest(field)) - plain).toBeLessThanOrEqual(2)
  })

  test('subscribers are told of what they may read', async () => {
    const follow = async (client: TestClient) => subscribe(client, DOC, { after: (await client.data('{ changeCursor }')).changeCursor })
    const DOC = 'subscription ($after: String) { contractChanged(after: $after) { operation id changedFields contract { title amount { amount } } } }'
    const [own, others, agents] = [await follow(desk.rep), await follow(desk.otherRep), await follow(desk.agent)]
    const id = await desk.draft({ title: 'Told', amount: usd('123') })
    await desk.set(desk.rep, id, { title: 'Told again', amount: usd('124') })
    const ofThis = ({ told }: Subscription) => JSON.stringify(told.filter(({ data }) => data?.contractChanged?.id === id))
    await eventually(async () => ofThis(own).includes('"124.00"') && ofThis(agents).includes('Told again'))
    expect(ofThis(agents)).not.toMatch(/"amount":\{|12[34]\.00|"changedFields":\[[^\]]*amount/)
    expect(others.told).toEqual([])
    for (const each of [own, others, agents]) each.close()
  })

  test('disabled, all of it is withheld, and enabled again, all of it is there', async () => {
    const { admin } = desk
    const ALL = `{ contracts(orderBy: [{number: ASC}]) { nodes { id number version status amount { amount } parties { nodes { name } } instalments { nodes { title paidAt } }
      amendments { nodes { title } } approvals { nodes { id } } history(first: 100) { nodes { version } } } } accounts { nodes { activeContracts } } }`
    const before = await admin.data(ALL)
    expect(JSON.stringify(before)).toContain(approval)
    await step(admin, 'disablePlugin', 'contracts')
    expect(codesOf(await admin.send('{ contracts { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(codesOf(await admin.send('{ accounts { nodes { activeContracts } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(codesOf(await admin.send('query ($id: ID!) { node(id: $id) { id } }', { id: mine }))).toEqual(['NOT_FOUND'])
    expect((await admin.data('{ accounts { nodes { name } } }')).accounts.nodes.length).toBeGreaterThan(1)
    await step(admin, 'enablePlugin', 'contracts')
    expect(await admin.data(ALL)).toEqual(before)
    expect(await titles(desk.rep)).toContain('Mine')
    // No second rules, no second series.
    expect((await admin.data('{ reminderRules { totalCount } contractNumberings { totalCount } }')).reminderRules.totalCount).toBe(3)
    // Given up for good, and begun anew.
    for (const each of ['uninstallPlugin', 'purgePlugin', 'enablePlugin']) await step(admin, each, 'contracts')
    expect(await admin.data('{ contracts { totalCount } contractNumberings { totalCount } reminderRules { totalCount } }')).toEqual({
      contracts: { totalCount: 0 },
      contractNumberings: { totalCount: 1 },
      reminderRules: { totalCount: 3 },
    })
    const account = (await desk.rep.data('mutation { createAccount(input: {name: "Anew"}) { account { id } } }')).createAccount.account.id
    expect(await desk.make(desk.rep, 'contract', { title: 'Anew', account: { id: account } })).toBeTruthy()
  }, 60_000)
})
