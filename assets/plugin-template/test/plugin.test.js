import { deepEqual, equal } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestServer } from 'guanxi/testing'

const CREATE = `mutation ($input: Create__TYPE__Input!) {
  create__TYPE__(input: $input) { __MODULE__ { id status } }
}`
const UPDATE = `mutation ($id: ID!, $input: Update__TYPE__Input!) {
  update__TYPE__(id: $id, input: $input) { __MODULE__ { status } }
}`
const LIST = '{ __PLURAL__ { nodes { title } } }'
const COUNT = `query ($id: ID!) {
  account(id: $id) { __PLURAL__ { totalCount } }
}`

let server

before(async () => {
  server = await startTestServer({
    plugins: [{ plugin: '.', settings: { mostOpen: 2 } }],
  })
})
after(() => server?.close())

async function create(client, input) {
  const data = await client.mutate(CREATE, { input })
  return data.create__TYPE__.__MODULE__
}

test('each role sees what it was granted', async () => {
  await create(server.as('sales_rep'), { title: 'Mine' })
  await create(server.as('admin'), { title: 'Not mine' })
  const own = await server.as('sales_rep').query(LIST)
  deepEqual(own.__PLURAL__.nodes, [{ title: 'Mine' }])
  const all = await server.as('read_only').query(LIST)
  equal(all.__PLURAL__.nodes.length, 2)
  await server.as('read_only').expectError('FORBIDDEN', CREATE, {
    input: { title: 'Not allowed' },
  })
  await server.as('marketing').expectError('FORBIDDEN', LIST)
})

test('the status takes the steps that it allows', async () => {
  const rep = server.as('sales_rep')
  const { id, status } = await create(rep, { title: 'Steps' })
  equal(status, 'open')
  const dropped = { id, input: { status: 'dropped' } }
  deepEqual(await rep.expectIssues(UPDATE, dropped), ['input.reason: TRANSITION'])
  await rep.mutate(UPDATE, { id, input: { status: 'done' } })
  const opened = { id, input: { status: 'open' } }
  deepEqual(await rep.expectIssues(UPDATE, opened), ['input.status: TRANSITION'])
})

test('an account has so many open ones at most, and nothing is written beyond', async () => {
  const rep = server.as('sales_rep')
  const account = await server.fixtures.account({}, { as: rep })
  await create(rep, { title: 'First', account })
  await create(rep, { title: 'Second', account })
  const third = { input: { title: 'Third', account } }
  deepEqual(await rep.expectIssues(CREATE, third), ['input.account: TOO_MANY'])
  const { account: read } = await rep.query(COUNT, account)
  equal(read.__PLURAL__.totalCount, 2)
})

test('a list costs one statement, however long it is', async () => {
  const rep = server.as('sales_rep')
  const statements = await server.statements(() => rep.query(LIST), 'record')
  equal(statements.length, 1)
})

test('whoever follows changes is told', async () => {
  const { id } = await create(server.as('sales_rep'), { title: 'Followed' })
  const [event] = await server.events({ id })
  equal(event.operation, 'CREATED')
  equal(event.actor.name, 'A sales_rep')
})
