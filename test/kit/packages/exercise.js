import { startTestServer, UnexpectedAnswer } from 'guanxi/testing'

/** What both packages do with the test kit; `equal` is their runner's. */
export async function exercise(plugin, equal) {
  const server = await startTestServer({
    plugins: [{ plugin, settings: { greeting: 'purr' } }],
    clock: '2020-02-28T12:00:00Z',
    hosts: { 'cats.example.com': () => new Response('a day later') },
  })
  try {
    await roles(server, equal)
    await time(server, equal)
    await beside(server, equal)
  } finally {
    await server.close()
  }
}

async function roles(server, equal) {
  const rep = server.as('sales_rep')
  const toy = await server.fixtures.create('kittenToy', { title: 'Mouse' }, { as: rep })
  equal(await rep.query('{ kittenToys { nodes { id title } } }'), { kittenToys: { nodes: [{ id: toy.id, title: 'Mouse' }] } })
  const { message } = await server.as('marketing').expectError('FORBIDDEN', '{ kittenToys { totalCount } }')
  equal(typeof message, 'string')
  equal((await server.anonymous.expectError('UNAUTHENTICATED', '{ me { id } }')).extensions.code, 'UNAUTHENTICATED')
  const bad = 'mutation { createKittenToy(input: {title: null}) { kittenToy { id } } }'
  equal(await rep.expectIssues(bad), ['input.title: REQUIRED'])
  equal(await rep.query('{ accounts { totalCount } }').catch(() => 'refused'), { accounts: { totalCount: 0 } })
  const wrong = await rep.expectError('NOT_FOUND', '{ kittenToys { totalCount } }').catch((error) => error)
  equal(wrong instanceof UnexpectedAnswer, true)
  const other = await server.addUser('Second rep', 'sales_rep')
  equal(await other.client.query('{ kittenToys { totalCount } }'), { kittenToys: { totalCount: 0 } })
}

async function time(server, equal) {
  const admin = server.as('admin')
  const NOTE = 'query ($id: ID!) { account(id: $id) { kittenNote createdAt } }'
  const account = await server.fixtures.account()
  await server.settle()
  equal((await admin.query(NOTE, account)).account, { kittenNote: 'purr', createdAt: '2020-02-28T12:00:00.000Z' })
  await server.clock.advance({ hours: 23 })
  equal((await admin.query(NOTE, account)).account.kittenNote, 'purr')
  const reminder = await server.fixtures.reminder({ dueAt: '2020-03-01T10:00:00Z', subject: 'Feed', channels: ['push', 'email'] })
  const told = await admin.subscribe('subscription ($after: String) { reminderDue(after: $after) { reminder { subject } } }')
  await server.clock.set('2020-03-02T12:00:00Z')
  equal((await admin.query(NOTE, account)).account.kittenNote, 'a day later')
  equal(
    server.hosts.requests.map(({ method, url }) => [method, url]),
    [['GET', 'https://cats.example.com/fact']],
  )
  const toys = await admin.query('{ kittenToys(orderBy: [{title: ASC}], filter: {title: {startsWith: "toy"}}) { nodes { title } } }')
  equal(
    toys.kittenToys.nodes.map(({ title }) => title),
    ['toy of 2020-02-29', 'toy of 2020-03-01', 'toy of 2020-03-02'],
  )
  equal((await admin.query('query ($id: ID!) { reminder(id: $id) { state } }', reminder)).reminder.state, 'fired')
  equal((await told.next()).data.reminderDue.reminder.subject, 'Feed')
  told.close()
  const mails = await server.emails()
  equal(
    mails.map(({ to, date }) => ({ to, date })),
    [{ to: 'administrator@test.guanxi.local', date: '2020-03-01T10:00:00.000Z' }],
  )
}

async function beside(server, equal) {
  const admin = server.as('admin')
  await server.fixtures.createAll(
    'account',
    Array.from({ length: 60 }, (_, index) => ({ name: `Many ${index}` })),
  )
  const statements = await server.statements(() => admin.query('{ accounts(first: 50) { nodes { id contacts { nodes { id } } } } }'), 'record')
  equal(statements.length, 1)
  const events = await server.events({ module: 'kittenToy', operation: 'CREATED' })
  equal(events.length, 4)
  equal(events[0].actor.name, 'A sales_rep')
  const answer = await server.as('sales_rep').request('/plugins/kitten/miaow')
  equal([answer.status, await answer.json()], [200, { says: 'purr' }])
}
