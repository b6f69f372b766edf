import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import type { FieldMetadata, ModuleMetadata } from '../../src/entities/metadata.ts'
import { isBlank } from '../../src/lib/text-checks.ts'
import { type TestClient, TRANSPORTS } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { hostileStrings } from '../support/test-data.ts'

const STRINGS = hostileStrings()

type Input = Readonly<Record<string, unknown>>

/** Text fields whose values mean something, so that not every text is one. */
const MEANINGFUL = new Set([
  ...['exchangeRate.currency', 'order.currency', 'user.timeZone', 'user.locale', 'reminder.recurrence', 'reminder.timeZone'],
  ...['reminderRule.module', 'reminderRule.field', 'reminderRule.at', 'reminderRule.recipient'],
])

const typeName = (module: ModuleMetadata): string => `${module.name[0]?.toUpperCase()}${module.name.slice(1)}`
const upper = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}`

/** Fields of a module that take any text. */
const textFields = (module: ModuleMetadata): FieldMetadata[] =>
  module.fields.filter((field) => (field.type === 'TEXT' || field.type === 'LONG_TEXT') && !field.readOnly && !MEANINGFUL.has(`${module.name}.${field.name}`))

/** What shows nothing is no value of a required field. */
const shown = (text: string): string => (isBlank(text) ? `${text}·` : text)

const fits = (field: FieldMetadata, text: string): boolean => [...text].length <= (field.maxLength ?? 500)

/** Each text once, ignoring case: what a unique field can hold side by side. */
const FOLDED = STRINGS.map((text) => text.toLowerCase())
const isFirst = (index: number): boolean => FOLDED.indexOf(FOLDED[index] as string) === index

describe('515 hostile strings', () => {
  let server: TestServer
  let admin: TestClient
  /** What records of a module need besides text, given the number of the string. */
  let needs: Readonly<Record<string, (index: number) => Input>>
  /** Ids of the accounts, in the order of the strings. */
  let accounts: readonly string[]

  beforeAll(async () => {
    server = await startTestServer()
    admin = server.admin
    const made = await admin.data(`mutation {
      createAccount(input: {name: "Account", ref: "a"}) { account { id } }
      createProduct(input: {name: "Product"}) { product { id } }
      createPipeline(input: {name: "Pipeline", position: 1, ref: "p"}) { pipeline { id } }
      createStage(input: {name: "Stage", pipeline: {ref: "p"}, position: 1, ref: "s"}) { stage { id } }
      createOpportunity(input: {name: "Opportunity", account: {ref: "a"}, stage: {ref: "s"}}) { opportunity { id } }
      createOrder(input: {account: {ref: "a"}}) { order { id } }
      createTicket(input: {subject: "Ticket"}) { ticket { id } }
      createTeam(input: {name: "Team"}) { team { id } }
    }`)
    const { createContacts } = await admin.data('mutation ($input: [CreateContactInput!]!) { createContacts(input: $input) { contacts { id } } }', {
      input: STRINGS.map(() => ({ name: 'Contact' })),
    })
    const account = { id: made.createAccount.account.id }
    const product = { id: made.createProduct.product.id }
    const shift = {
      team: { id: made.createTeam.team.id },
      user: { id: (await admin.data('{ me { id } }')).me.id },
      startsAt: '2030-01-01T08:00:00Z',
      endsAt: '2030-01-01T16:00:00Z',
    }
    const price = { quantity: '1', unitPrice: { amount: '1', currency: 'USD' } }
    needs = {
      accountContact: (index) => ({ account, contact: { id: createContacts.contacts[index].id } }),
      stage: (index) => ({ pipeline: { id: made.createPipeline.pipeline.id }, position: index + 2 }),
      pipeline: (index) => ({ position: index + 2 }),
      opportunity: () => ({ account, stage: { id: made.createStage.stage.id } }),
      opportunityLineItem: () => ({ opportunity: { id: made.createOpportunity.opportunity.id }, product, ...price }),
      order: () => ({ account }),
      orderLine: () => ({ order: { id: made.createOrder.order.id }, product, ...price }),
      activity: () => ({ type: 'note' }),
      ticket: () => ({ status: 'closed' }),
      dutyShift: () => shift,
      ticketComment: () => ({ ticket: { id: made.createTicket.ticket.id } }),
      reminder: () => ({ dueAt: '2030-01-01T00:00:00Z' }),
      reminderRule: () => ({ module: 'account', field: 'nextContactAt' }),
    }
  }, 60_000)

  afterAll(() => server.close())

  const modules = coreModules().filter((module) => textFields(module).length > 0 && module.name !== 'exchangeRate')
  for (const module of modules) {
    const fields = textFields(module)
    test(`come back from ${module.name}: ${fields.map(({ name }) => name).join(', ')}, source`, async () => {
      const inputs = STRINGS.map((text, index): Input => {
        const own = fields.filter((field) => fits(field, text) && (!field.unique || isFirst(index)))
        return { ...needs[module.name]?.(index), source: text, ...Object.fromEntries(own.map((field) => [field.name, field.required ? shown(text) : text])) }
      }).filter((input) => fields.every((field) => !field.required || field.name in input))
      const selection = ['id', 'source', ...fields.map(({ name }) => name)].join(' ')
      const create = `mutation ($input: [Create${typeName(module)}Input!]!) { create${upper(module.pluralName)}(input: $input) { ${module.pluralName} { ${selection} } } }`
      const written: Input[] = (await admin.data(create, { input: inputs }))[`create${upper(module.pluralName)}`][module.pluralName]
      const told = (records: readonly Input[]): Input[] =>
        records.map((record, index) =>
          Object.fromEntries(
            Object.keys(inputs[index] ?? {})
              .filter((name) => name in record)
              .map((name) => [name, record[name]]),
          ),
        )
      const given = inputs.map((input) =>
        Object.fromEntries(Object.entries(input).filter(([name]) => name === 'source' || fields.some((field) => field.name === name))),
      )
      expect(told(written)).toEqual(given)
      const ids = written.map(({ id }) => id)
      const half = Math.ceil(ids.length / 2)
      for (const transport of TRANSPORTS) {
        const read: Input[] = []
        for (const part of [ids.slice(0, half), ids.slice(half)]) {
          const { data, errors } = await admin.send(
            `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ${typeName(module)} { ${selection} } } }`,
            { ids: part },
            { transport },
          )
          expect(errors).toEqual([])
          read.push(...data.nodes)
        }
        expect(told(read)).toEqual(given)
      }
      if (module.name === 'account') accounts = ids as string[]
    }, 60_000)
  }

  test('come back from tags, external ids, addresses and JSON', async () => {
    const named = STRINGS.map((text, index) => ({ text, index })).filter(({ text }) => !isBlank(text) && [...text].length <= 100)
    const input = named.map(({ text, index }) => ({
      name: `Holder ${index}`,
      tags: [text],
      externalIds: [
        { system: `s${index}`, key: text },
        { system: text, key: `${index}` },
      ].sort((a, b) => (a.system < b.system ? -1 : 1)),
      address: { street: text, city: text, state: text, postcode: text, country: text },
      preferences: { [text]: text, list: [text] },
    }))
    const { createContacts } = await admin.data(
      `mutation ($input: [CreateContactInput!]!) { createContacts(input: $input) { contacts {
        name tags externalIds { system key } address { street city state postcode country } preferences } } }`,
      { input },
    )
    expect(createContacts.contacts).toEqual(input)
  })

  test('are found by what they are: eq, in, contains, startsWith', async () => {
    const fold = (text: string): string => text.normalize('NFKC').toLowerCase()
    for (const operator of ['eq', 'in', 'contains', 'startsWith']) {
      for (let start = 0; start < STRINGS.length; start += 25) {
        const part = STRINGS.slice(start, start + 25)
        const type = operator === 'in' ? '[String!]' : 'String'
        const query = `query (${part.map((_, n) => `$s${n}: ${type}, $i${n}: [ID!]`).join(', ')}) {
          ${part.map((_, n) => `a${n}: accounts(filter: {id: {in: $i${n}}, legalName: {${operator}: $s${n}}}) { nodes { id legalName } }`).join('\n')}
        }`
        const variables = Object.fromEntries(
          part.flatMap((text, n) => [
            [`s${n}`, operator === 'in' ? [text] : text],
            [`i${n}`, [accounts[start + n]]],
          ]),
        )
        const data = await admin.data(query, variables)
        const found = part.map((_, n) => data[`a${n}`].nodes)
        expect(found).toEqual(part.map((text, n) => [{ id: accounts[start + n], legalName: text }]))
      }
    }
    const answer = await admin.data('query ($s: String) { accounts(filter: {legalName: {eq: $s}}, first: 500) { nodes { legalName } } }', {
      s: "' OR 1=1 -- 1",
    })
    for (const { legalName } of answer.accounts.nodes) expect(fold(legalName)).toBe(fold("' OR 1=1 -- 1"))
  }, 60_000)

  test('wildcards of LIKE are ordinary characters', async () => {
    const input = ['100%', '100 percent', 'a_b', 'aXb', 'back\\slash', 'back/slash'].map((name) => ({ name }))
    await admin.data('mutation ($input: [CreatePipelineInput!]!) { createPipelines(input: $input) { changeSetId } }', {
      input: input.map(({ name }, position) => ({ name, position: 2000 + position })),
    })
    const names = async (filter: Input): Promise<string[]> =>
      (
        await admin.data('query ($filter: PipelineFilter) { pipelines(filter: $filter, orderBy: [{position: ASC}]) { nodes { name } } }', {
          filter: { position: { gte: 2000 }, ...filter },
        })
      ).pipelines.nodes.map(({ name }: { name: string }) => name)
    expect(await names({ name: { contains: '0%' } })).toEqual(['100%'])
    expect(await names({ name: { startsWith: 'a_' } })).toEqual(['a_b'])
    expect(await names({ name: { endsWith: '\\slash' } })).toEqual(['back\\slash'])
    expect(await names({ name: { contains: '%' } })).toEqual(['100%'])
  })

  test('can be searched for, within the limits of a search', async () => {
    for (let start = 0; start < STRINGS.length; start += 50) {
      const part = STRINGS.slice(start, start + 50)
      const query = `query (${part.map((_, n) => `$s${n}: String`).join(', ')}) { ${part.map((_, n) => `a${n}: accounts(search: $s${n}, first: 1) { nodes { id } }`).join(' ')} }`
      const answer = await admin.send(query, Object.fromEntries(part.map((text, n) => [`s${n}`, text])))
      const tooMuch = part.flatMap((text, n) => ([...text].length > 200 || text.trim().split(/\s+/u).length > 8 ? [`a${n}`] : []))
      expect(answer.errors.map(({ path, extensions }) => [path, extensions.code])).toEqual(tooMuch.map((alias) => [[alias], 'LIMIT_EXCEEDED']))
    }
  }, 60_000)

  test('pass through the history', async () => {
    const updates = STRINGS.map((text, index) => ({
      id: accounts[index],
      input: { paymentTerms: fits({ maxLength: 64 } as FieldMetadata, text) ? `${text}!` : 'long' },
    }))
    await admin.data('mutation ($updates: [AccountUpdateItem!]!) { updateAccounts(updates: $updates) { changeSetId } }', { updates })
    const { nodes } = await admin.data(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Account { paymentTerms history(first: 1) { nodes { version operation changes { field before after } } } } } }',
      { ids: accounts.slice(0, 500) },
    )
    for (const [index, node] of nodes.entries()) {
      const { input } = updates[index] as { input: { paymentTerms: string } }
      expect(node.paymentTerms).toBe(input.paymentTerms)
      expect(node.history.nodes).toEqual([
        { version: 2, operation: 'UPDATED', changes: [{ field: 'paymentTerms', before: expect.anything(), after: input.paymentTerms }] },
      ])
    }
  })
})
