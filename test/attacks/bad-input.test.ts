import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, codesOf, issuesOf, TRANSPORTS, type Transport, type Variables } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Ids of what is there before each attack. */
interface Stage {
  readonly account: string
  readonly parent: string
  readonly grandparent: string
  readonly contact: string
  /** Cursor of the account list in its default order, by name, and of the contact list. */
  readonly cursor: string
  readonly cursorByName: string
  readonly contactCursor: string
}

const UNKNOWN_ACCOUNT = '01900000-0000-7000-8000-000000000003'
const CREATE = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }'
const UPDATE = 'mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { account { id } } }'

describe('bad input is refused by name and changes nothing', () => {
  let server: TestServer
  let stage: Stage
  let before: Readonly<Record<string, string>>

  beforeAll(async () => {
    server = await startTestServer()
    const { admin } = server
    const made = await admin.data(`mutation {
      top: createAccount(input: {name: "Top", ref: "top"}) { account { id } }
      middle: createAccount(input: {name: "Middle", ref: "middle", parent: {ref: "top"}}) { account { id } }
      bottom: createAccount(input: {name: "Bottom", code: "B-1", parent: {ref: "middle"}}) { account { id } }
      createContact(input: {name: "Person"}) { contact { id } }
    }`)
    const read = await admin.data(`{
      accounts(first: 1) { edges { cursor } }
      byName: accounts(first: 1, orderBy: [{name: ASC}]) { edges { cursor } }
      contacts(first: 1) { edges { cursor } }
    }`)
    stage = {
      account: made.bottom.account.id,
      parent: made.middle.account.id,
      grandparent: made.top.account.id,
      contact: made.createContact.contact.id,
      cursor: read.accounts.edges[0].cursor,
      cursorByName: read.byName.edges[0].cursor,
      contactCursor: read.contacts.edges[0].cursor,
    }
    before = await contentOf(server.database.url)
  })

  afterAll(() => server.close())

  afterEach(async () => {
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  const send = (transport: Transport, query: string, variables: Variables = {}): Promise<Answer> => server.admin.send(query, variables, { transport })

  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      describe('documents', () => {
        const documents: [string, string, Variables, string][] = [
          ['no document', '', {}, 'GRAPHQL_PARSE_FAILED'],
          ['a syntax error', '{ accounts {', {}, 'GRAPHQL_PARSE_FAILED'],
          ['a null character', '{ accounts { nodes { name\u0000 } } }', {}, 'GRAPHQL_PARSE_FAILED'],
          ['an unknown field', '{ accounts { nodes { nonsense } } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
          ['an unknown root field', '{ nonsense }', {}, 'GRAPHQL_VALIDATION_FAILED'],
          ['an unknown argument', '{ accounts(nonsense: 1) { totalCount } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
          ['an unknown filter field', '{ accounts(filter: {nonsense: {eq: "x"}}) { totalCount } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
          ['an unknown operator', '{ accounts(filter: {name: {matches: ".*"}}) { totalCount } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
          ['a wrong type', '{ accounts(first: "x") { totalCount } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
          ['a wrong type in a variable', 'query ($n: Int) { accounts(first: $n) { totalCount } }', { n: 'x' }, 'GRAPHQL_VALIDATION_FAILED'],
          ['a missing variable', 'query ($n: Int!) { accounts(first: $n) { totalCount } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
          ['an unknown input field in a variable', CREATE, { input: { name: 'x', nonsense: 1 } }, 'GRAPHQL_VALIDATION_FAILED'],
          ['an input of another shape', CREATE, { input: ['name'] }, 'GRAPHQL_VALIDATION_FAILED'],
          ['no input', CREATE, { input: null }, 'GRAPHQL_VALIDATION_FAILED'],
        ]
        test.each(documents)('%s', async (_what, query, variables, code) => {
          const answer = await send(transport, query, variables)
          expect(answer.data).toBeNull()
          expect([...new Set(codesOf(answer))]).toEqual([code])
        })

        test('unknown names come without a suggestion', async () => {
          const answer = await send(transport, '{ acounts { totalCount } }')
          expect(JSON.stringify(answer.errors)).not.toMatch(/did you mean|accounts/i)
        })

        test('values that do not fit are not repeated with their stack', async () => {
          const answer = await send(transport, UPDATE, { id: stage.account, input: { size: 'many' } })
          expect(codesOf(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
          expect(JSON.stringify(answer.errors)).not.toMatch(/at \w+ \(|node_modules|\.ts:/)
        })
      })

      describe('pages', () => {
        const LIST = 'query ($first: Int, $last: Int, $after: String) { accounts(first: $first, last: $last, after: $after) { totalCount nodes { id } } }'
        const sizes: [Variables, string[]][] = [
          [{ first: -1 }, ['VALIDATION_FAILED']],
          [{ first: 0 }, ['VALIDATION_FAILED']],
          [{ last: 0 }, ['VALIDATION_FAILED']],
          [{ first: 1, last: 1 }, ['VALIDATION_FAILED']],
          [{ first: 501 }, ['LIMIT_EXCEEDED']],
          [{ last: 501 }, ['LIMIT_EXCEEDED']],
          [{ first: 1e9 }, ['LIMIT_EXCEEDED']],
          [{ first: 2 ** 31 }, ['GRAPHQL_VALIDATION_FAILED']],
          [{ first: 1.5 }, ['GRAPHQL_VALIDATION_FAILED']],
        ]
        test.each(sizes)('%j', async (variables, codes) => {
          const answer = await send(transport, LIST, variables)
          expect(codesOf(answer)).toEqual(codes)
          expect(answer.data?.accounts ?? null).toBeNull()
        })

        test.each([-1, 0, 501, 1e9])('first: %d as a literal, and nested', async (first) => {
          const code = first < 1 ? 'VALIDATION_FAILED' : 'LIMIT_EXCEEDED'
          expect(codesOf(await send(transport, `{ accounts(first: ${first}) { totalCount } }`))).toEqual([code])
          expect(codesOf(await send(transport, `{ accounts { nodes { contacts(first: ${first}) { totalCount } } } }`))).toEqual([code])
        })

        test('cursors of another list, changed ones, and what is no cursor', async () => {
          const flipped = stage.cursor.slice(0, 8) + (stage.cursor[8] === 'A' ? 'B' : 'A') + stage.cursor.slice(9)
          const forged = Buffer.from(`000000000000["2026-01-01 00:00:00+00","${stage.account}"]`).toString('base64')
          const cursors = [
            stage.cursorByName,
            stage.contactCursor,
            flipped,
            forged,
            `${stage.cursor} `,
            stage.cursor.slice(4),
            '',
            'x',
            '💥',
            '"; DROP TABLE accounts; --',
          ]
          for (const after of cursors) expect([after, codesOf(await send(transport, LIST, { after }))]).toEqual([after, ['CURSOR_INVALID']])
        })

        test('a refusal of one root field leaves the others', async () => {
          const answer = await send(transport, '{ bad: accounts(first: 0) { totalCount } good: contacts { totalCount } }')
          expect(answer.data).toEqual({ bad: null, good: { totalCount: 1 } })
          expect(answer.errors.map(({ path }) => path)).toEqual([['bad']])
        })
      })

      describe('filters', () => {
        const filters: [string, string[]][] = [
          ['{name: {eq: null}}', ['filter.name.eq: NULL']],
          ['{name: null}', ['filter.name: NULL']],
          ['{contacts: {some: {name: {contains: null}}}}', ['filter.contacts.some.name.contains: NULL']],
        ]
        test.each(filters)('%s', async (filter, issues) => {
          const answer = await send(transport, `{ accounts(filter: ${filter}) { totalCount } }`)
          expect(codesOf(answer)).toEqual(['VALIDATION_FAILED'])
          expect(issuesOf(answer)).toEqual(issues)
        })

        test('more than 1,000 groups without a limit of their own are asked to say one', async () => {
          const answer = await send(transport, '{ accountsAggregate(groupBy: [{name: true}], first: 0) { count } }')
          expect(codesOf(answer)).toEqual(['VALIDATION_FAILED'])
        })
      })

      describe('ids', () => {
        const ids = (): string[] => [UNKNOWN_ACCOUNT, stage.contact, 'x', '', '00000000-0000-0000-0000-000000000000', `${stage.account}' OR '1'='1`]

        test('reading what is not there', async () => {
          for (const id of ids()) {
            const answer = await send(transport, 'query ($id: ID!) { account(id: $id) { id } accountBy(by: {id: $id}) { id } }', { id })
            expect([id, answer.data]).toEqual([id, { account: null, accountBy: null }])
            expect([...new Set(codesOf(answer))]).toEqual(['NOT_FOUND'])
          }
        })

        test('changing, deleting and restoring what is not there', async () => {
          for (const id of ids()) {
            for (const call of ['updateAccount(id: $id, input: {name: "x"})', 'deleteAccount(id: $id)', 'restoreAccount(id: $id)']) {
              const answer = await send(transport, `mutation ($id: ID!) { ${call} { changeSetId } }`, { id })
              expect([id, call, answer.data, codesOf(answer)]).toEqual([id, call, null, ['NOT_FOUND']])
            }
          }
        })

        test('referring to what is not there', async () => {
          for (const id of ids()) {
            const answer = await send(transport, UPDATE, { id: stage.account, input: { parent: { id } } })
            expect([id, codesOf(answer)]).toEqual([id, ['VALIDATION_FAILED']])
            expect(issuesOf(answer)).toEqual([`input.parent.id: ${id === stage.contact ? 'WRONG_MODULE' : 'NOT_FOUND'}`])
          }
        })

        test('one bad item refuses the whole batch and is named by its place', async () => {
          const updates = [
            { id: stage.parent, input: { name: 'changed' } },
            { id: UNKNOWN_ACCOUNT, input: { name: 'changed' } },
          ]
          const answer = await send(transport, 'mutation ($updates: [AccountUpdateItem!]!) { updateAccounts(updates: $updates) { changeSetId } }', { updates })
          expect(answer.data).toBeNull()
          expect(codesOf(answer)).toEqual(['NOT_FOUND'])
        })
      })

      describe('records', () => {
        const update = (input: Variables): Promise<Answer> => send(transport, UPDATE, { id: stage.account, input })
        const create = (input: Variables): Promise<Answer> => send(transport, CREATE, { input })

        test('null and nothing where a value is required', async () => {
          for (const answer of [await create({}), await create({ name: null }), await update({ name: null }), await update({ type: null })]) {
            expect(answer.data).toBeNull()
            expect(codesOf(answer)).toEqual(['VALIDATION_FAILED'])
            expect(issuesOf(answer)[0]).toMatch(/^input\.(name|type): REQUIRED$/)
          }
        })

        test('a version that has passed', async () => {
          for (const ifVersion of [0, 2, 99, -1]) {
            const answer = await send(
              transport,
              'mutation ($id: ID!, $v: Int) { updateAccount(id: $id, input: {name: "Mine"}, ifVersion: $v) { changeSetId } }',
              {
                id: stage.account,
                v: ifVersion,
              },
            )
            expect(answer.data).toBeNull()
            expect(codesOf(answer)).toEqual(['VERSION_CONFLICT'])
            expect(answer.errors[0]?.extensions).toMatchObject({ yours: { name: 'Mine' }, current: { name: 'Bottom', version: 1 } })
          }
        })

        test('accounts that would be their own ancestors', async () => {
          const rings = [
            [[stage.account, stage.account]],
            [[stage.parent, stage.account]],
            [[stage.grandparent, stage.account]],
            // Each step alone is fine at the time it is made; the ring closes with the last.
            [
              [stage.parent, null],
              [stage.grandparent, stage.parent],
              [stage.parent, stage.grandparent],
            ],
          ]
          for (const ring of rings) {
            const calls = ring.map(
              ([id, parent], index) => `u${index}: updateAccount(id: "${id}", input: {parent: ${parent ? `{id: "${parent}"}` : 'null'}}) { changeSetId }`,
            )
            const answer = await send(transport, `mutation { ${calls.join(' ')} }`)
            expect(answer.data).toBeNull()
            expect(codesOf(answer)).toEqual(['VALIDATION_FAILED'])
            expect(new Set(issuesOf(answer))).toEqual(new Set(['input.parent: CYCLE']))
          }
        })

        test('numbers with more digits than can be kept', async () => {
          const integers = '123456789012345678901234567890'
          expect(issuesOf(await update({ satisfaction: integers }))).toEqual(['input.satisfaction: DECIMAL'])
          expect(issuesOf(await update({ satisfaction: `0.${integers}` }))).toEqual(['input.satisfaction: DECIMAL'])
          expect(issuesOf(await update({ creditLimit: { amount: integers, currency: 'USD' } }))).toEqual(['input.creditLimit.amount: DECIMAL'])
          expect(issuesOf(await update({ creditLimit: { amount: `1.${integers}`, currency: 'USD' } }))).toEqual(['input.creditLimit.amount: DECIMAL'])
        })

        test.each(['NaN', 'Infinity', '0x10', '1,5', '', ' 1', '1 ', '１２', true, [], {}])('no decimal number: %j', async (value) => {
          expect(codesOf(await update({ satisfaction: value }))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
          expect(codesOf(await update({ creditLimit: { amount: value, currency: 'USD' } }))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
        })

        test.each([2 ** 31, -(2 ** 31) - 1, 1.5, '1', true])('no 32-bit number: %j', async (value) => {
          expect(codesOf(await update({ size: value }))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
        })

        test.each(['2026-02-30', '2026-1-1', '2026-01-01T00:00:00', '2026-02-30T00:00:00Z', '2026-01-01T25:00:00Z', '0000-01-01T00:00:00Z', '', 0])(
          'no moment: %j',
          async (value) => {
            expect(codesOf(await update({ lastContactedAt: value }))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
          },
        )

        const values: [string, Variables, string][] = [
          ['a currency in lower case', { creditLimit: { amount: '1', currency: 'usd' } }, 'input.creditLimit.currency: CURRENCY'],
          ['a currency that is none', { creditLimit: { amount: '1', currency: '元' } }, 'input.creditLimit.currency: CURRENCY'],
          ['a number above the highest', { satisfaction: '5.01' }, 'input.satisfaction: TOO_LARGE'],
          ['a phone number of three digits', { phone: '123' }, 'input.phone: PHONE'],
          ['a phone number of no country', { phone: '+999 123 456 789' }, 'input.phone: PHONE'],
          ['a phone number inside other text', { phone: 'call +86 10 6234 5678' }, 'input.phone: PHONE'],
          ['an address that runs code', { website: 'javascript:alert(1)' }, 'input.website: URL'],
          ['an address without a host', { website: 'http://' }, 'input.website: URL'],
          ['an address with a space', { website: 'http://a b' }, 'input.website: URL'],
          ['an address of another protocol', { website: 'ftp://example.com' }, 'input.website: URL'],
          ['an option that is not offered', { type: 'nonsense' }, 'input.type: OPTION'],
          ['an option in another case', { type: 'CUSTOMER' }, 'input.type: OPTION'],
          ['a null character', { legalName: 'a\u0000b' }, 'input.legalName: NUL'],
          ['half a character', { legalName: '\ud800' }, 'input.legalName: SURROGATE'],
          ['a character too many', { legalName: 'x'.repeat(501) }, 'input.legalName: TOO_LONG'],
          ['a long text too long', { description: 'x'.repeat(100_001) }, 'input.description: TOO_LONG'],
          ['a name that no create has', { parent: { ref: 'nobody' } }, 'input.parent.ref: NOT_FOUND'],
          ['a key that no record has', { parent: { code: 'nobody' } }, 'input.parent.code: NOT_FOUND'],
          ['a tag without a name', { tags: [' '] }, 'input.tags.0: REQUIRED'],
          ['an external id without a key', { externalIds: [{ system: 'erp', key: '' }] }, 'input.externalIds.0: REQUIRED'],
        ]
        test.each(values)('%s', async (_what, input, issue) => {
          const answer = await update(input)
          expect(answer.data).toBeNull()
          expect(codesOf(answer)).toEqual(['VALIDATION_FAILED'])
          expect(issuesOf(answer)).toEqual([issue])
        })

        test.each([{ parent: {} }, { parent: { id: UNKNOWN_ACCOUNT, code: 'B-1' } }, { parent: { id: null } }])('a reference by %j', async (input) => {
          expect(codesOf(await update(input))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
        })

        test('all that is wrong with an input is told at once', async () => {
          const answer = await update({ phone: 'x', website: 'y', type: 'z', legalName: 'a\u0000' })
          expect(issuesOf(answer).sort()).toEqual(['input.legalName: NUL', 'input.phone: PHONE', 'input.type: OPTION', 'input.website: URL'])
        })

        test('a key that another record has', async () => {
          const answer = await create({ name: 'Second', code: 'B-1' })
          expect(answer.data).toBeNull()
          expect(codesOf(answer)).toEqual(['DUPLICATE'])
          expect(JSON.stringify(answer.errors)).not.toContain('Bottom')
        })

        test('what the system alone sets', async () => {
          for (const field of ['id', 'version', 'createdAt', 'updatedBy', 'deletedAt', 'displayName', 'changeSetId', 'passwordHash', 'scopeId', '__typename'])
            expect([field, codesOf(await update({ [field]: 'x' }))]).toEqual([field, ['GRAPHQL_VALIDATION_FAILED']])
        })

        test('more records than one call may carry', async () => {
          const input = Array.from({ length: 1001 }, (_, index) => ({ name: `n${index}` }))
          const answer = await send(transport, 'mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', { input })
          expect(answer.data).toBeNull()
          expect(codesOf(answer)).toEqual(['LIMIT_EXCEEDED'])
        })

        test('an error in a later mutation takes back the earlier ones', async () => {
          const answer = await send(
            transport,
            `mutation { good: createAccount(input: {name: "Good"}) { account { id } } bad: createAccount(input: {name: "Bad", website: "x"}) { account { id } } }`,
          )
          expect(answer.data).toBeNull()
          expect(codesOf(answer)).toEqual(['VALIDATION_FAILED'])
          expect(answer.errors[0]?.path).toEqual(['bad'])
        })
      })
    })
  }
})
