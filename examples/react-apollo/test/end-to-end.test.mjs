import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as vite from 'vite'
import { inOrder } from '../../../scripts/live/in-order.mjs'
import { openPage } from '../../../scripts/live/page.mjs'
import { adminPassword, demoPassword, SERVER } from '../../../scripts/live/running-server.mjs'
import { ADMIN, ask, signIn } from '../../../scripts/live/server.mjs'

const EMAIL = 'nancy@demo.guanxi.local'
const test = inOrder()
/** Names that no earlier run has used on this server. */
const RUN = Date.now().toString(36)

let front
let page
let admin
let nancy
before(async () => {
  front = await openPage(fileURLToPath(new URL('..', import.meta.url)), vite)
  page = front.page
  admin = await signIn(SERVER, ADMIN.email, adminPassword())
  nancy = await signIn(SERVER, EMAIL, demoPassword())
})
after(() => front?.close())

const status = (text) => page.getByRole('status').filter({ hasText: text }).waitFor()
const row = (text) => page.getByRole('row').filter({ hasText: text })
const dialog = () => page.getByRole('dialog')
const button = (name) => page.getByRole('button', { name })

async function enter(email) {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(demoPassword())
  await page.keyboard.press('Enter')
}

test('signs in by keyboard, and says what is wrong with a password', async () => {
  await page.getByLabel('E-mail address').fill(EMAIL)
  await page.getByLabel('Password').fill('not the password')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').filter({ hasText: 'password is wrong' }).waitFor()
  await enter(EMAIL)
  await status('contacts')
})

test('contacts come page by page, and are searched', async () => {
  const { contacts } = await ask(SERVER, '{ contacts { totalCount nodes { name } } }', nancy)
  await status(`${contacts.totalCount} contacts`)
  assert.equal(await page.locator('tbody tr').count(), 20)
  await button('Load more').click()
  await page.locator('tbody tr').nth(20).waitFor()
  assert.equal(await page.locator('tbody tr').count(), Math.min(40, contacts.totalCount))
  const { name } = contacts.nodes[3]
  await page.getByLabel('Search').fill(name)
  await status('1 contacts')
  assert.equal(await row(name).count(), 1)
  await page.getByLabel('Search').fill('')
  await status(`${contacts.totalCount} contacts`)
})

test('what is wrong with a new contact stands at its inputs; what was right stays', async () => {
  await button('New contact').click()
  await dialog().getByLabel('Email').fill('nonsense')
  await dialog().getByLabel('Phone').fill('+86 10 6234 5678')
  await button('Save').click()
  const email = dialog().getByLabel('Email')
  await dialog().getByText('is not an e-mail address').waitFor()
  assert.equal(await email.getAttribute('aria-invalid'), 'true')
  const described = await email.evaluate((input) => document.getElementById(input.getAttribute('aria-describedby')).textContent)
  assert.match(described, /is not an e-mail address/)
  assert.equal(await dialog().getByLabel('Name').getAttribute('aria-invalid'), 'true')
  assert.equal(await dialog().getByLabel('Phone').inputValue(), '+86 10 6234 5678')
  await dialog().getByLabel('Name').fill(`陈晓 ${RUN}`)
  await email.fill(`chen.${RUN}@example.com`)
  await button('Save').click()
  await dialog().waitFor({ state: 'detached' })
  await page.getByLabel('Search').fill(RUN)
  await row(`陈晓 ${RUN}`)
    .filter({ hasText: `chen.${RUN}@example.com` })
    .waitFor()
})

/** What another client writes meanwhile. */
async function writeBeside(input) {
  const { contacts } = await ask(SERVER, 'query ($search: String) { contacts(search: $search) { nodes { id } } }', nancy, { search: RUN })
  const write = 'mutation ($id: ID!, $input: UpdateContactInput!) { updateContact(id: $id, input: $input) { changeSetId } }'
  await ask(SERVER, write, nancy, { id: contacts.nodes[0].id, input })
}
const stored = async () =>
  (await ask(SERVER, 'query ($search: String) { contacts(search: $search) { nodes { jobTitle department } } }', nancy, { search: RUN })).contacts.nodes[0]

test('a conflict shows theirs and yours; edits of different fields are merged', async () => {
  await button('Edit').first().click()
  await writeBeside({ jobTitle: 'Buyer' })
  await dialog().getByLabel('Department').fill('Purchasing')
  await button('Save').click()
  const conflict = dialog().getByRole('alert')
  await conflict.getByRole('row', { name: 'Job title Buyer not changed' }).waitFor()
  await button('Merge both').click()
  await dialog().waitFor({ state: 'detached' })
  assert.deepEqual(await stored(), { jobTitle: 'Buyer', department: 'Purchasing' })
  await row('Purchasing').filter({ hasText: 'Buyer' }).waitFor()
})

test('where both have changed one field, one of the two is chosen', async () => {
  for (const [theirs, yours, choice, kept] of [
    ['Head buyer', 'Chief buyer', 'Keep mine', 'Chief buyer'],
    ['Director', 'Clerk', 'Reload theirs', 'Director'],
  ]) {
    await button('Edit').first().click()
    await writeBeside({ jobTitle: theirs })
    await dialog().getByLabel('Job title').fill(yours)
    await button('Save').click()
    await dialog().getByText('Both of you have changed Job title.').waitFor()
    assert.equal(await button('Merge both').count(), 0)
    await button(choice).click()
    await dialog().waitFor({ state: 'detached' })
    assert.equal((await stored()).jobTitle, kept)
    await row(kept).waitFor()
  }
})

test('every input has a label, and a dialog is left by Escape', async () => {
  await button('Edit').first().click()
  const unlabelled = await page.evaluate(() => [...document.querySelectorAll('input, select')].filter(({ labels }) => labels.length === 0).length)
  assert.equal(unlabelled, 0)
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
})

const createTicket = async (subject) =>
  (await ask(SERVER, 'mutation ($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id number } } }', nancy, { input: { subject } }))
    .createTicket.ticket
const updateTicket = (id, input) =>
  ask(SERVER, 'mutation ($id: ID!, $input: UpdateTicketInput!) { updateTicket(id: $id, input: $input) { changeSetId } }', nancy, { id, input })

test('changes of tickets appear as they happen, and lead on by their own steps', async () => {
  await page.getByRole('link', { name: 'Tickets' }).click()
  await status('Live')
  const { id, number } = await createTicket(`Made beside ${RUN}`)
  await row(`Made beside ${RUN}`).waitFor()
  await updateTicket(id, { subject: `Renamed beside ${RUN}` })
  await row(`Renamed beside ${RUN}`).waitFor()
  await page.getByLabel(`Status of ${number}`).selectOption('open')
  await page.waitForFunction((label) => document.querySelector(`[aria-label="${label}"]`).value === 'open', `Status of ${number}`)
  const { ticket } = await ask(SERVER, 'query ($id: ID!) { ticket(id: $id) { status } }', nancy, { id })
  assert.equal(ticket.status, 'open')
})

test('what happens while the server is out of reach is not missing afterwards', async () => {
  const renamed = await createTicket(`Before ${RUN}`)
  const deleted = await createTicket(`To be deleted ${RUN}`)
  await row(`To be deleted ${RUN}`).waitFor()
  await front.withoutServer(async () => {
    await status('Connecting')
    await updateTicket(renamed.id, { subject: `While away ${RUN}` })
    await ask(SERVER, 'mutation ($id: ID!) { deleteTicket(id: $id) { id } }', admin, { id: deleted.id })
    for (const number of [1, 2, 3]) await createTicket(`While away ${number} ${RUN}`)
  })
  await status('Live')
  for (const subject of ['While away', 'While away 1', 'While away 2', 'While away 3']) await row(`${subject} ${RUN}`).waitFor()
  await row(`To be deleted ${RUN}`).waitFor({ state: 'detached' })
  const { tickets } = await ask(SERVER, '{ tickets { totalCount } }', nancy)
  await status(`${tickets.totalCount} tickets`)
})

test('what a new role opens is there at once: the list is read anew', async () => {
  const { users } = await ask(SERVER, 'query ($email: String!) { users(filter: { email: { eq: $email } }) { nodes { id } } }', admin, { email: EMAIL })
  const [{ id }] = users.nodes
  await ask(SERVER, 'mutation ($id: ID!) { assignRole(userId: $id, roleKey: "service_agent") { user { id } } }', admin, { id })
  try {
    const { tickets } = await ask(SERVER, '{ tickets { totalCount } }', admin)
    await status(`${tickets.totalCount} tickets`)
    await createTicket(`After the role ${RUN}`)
    await row(`After the role ${RUN}`).waitFor()
  } finally {
    await ask(SERVER, 'mutation ($id: ID!) { unassignRole(userId: $id, roleKey: "service_agent") { user { id } } }', admin, { id })
  }
})

test('one refresh for all tabs, when a token is about to end or is refused; nobody is signed out', async () => {
  let refreshes = 0
  front.context.on('request', (request) => {
    if (request.postData()?.includes('refreshSession(')) refreshes += 1
  })
  const other = await front.open()
  await other.getByRole('status').filter({ hasText: 'contacts' }).waitFor()
  const session = () => page.evaluate(() => JSON.parse(localStorage.getItem('guanxi.session')))
  for (const change of [{ renewAt: 0 }, { accessToken: 'nonsense' }]) {
    const before = await session()
    refreshes = 0
    await page.evaluate((pair) => localStorage.setItem('guanxi.session', JSON.stringify(pair)), { ...before, ...change })
    await Promise.all([page.reload(), other.reload()])
    await status('tickets')
    await other.getByRole('status').filter({ hasText: 'contacts' }).waitFor()
    assert.equal(refreshes, 1)
    assert.notEqual((await session()).refreshToken, before.refreshToken)
  }
  await button('Sign out').click()
  await other.getByLabel('Password').waitFor()
  await other.close()
})

test('who may read alone gets no way to write, and no column of what is hidden', async () => {
  await enter('viewer@demo.guanxi.local')
  await page.getByRole('link', { name: 'Contacts' }).click()
  await status('contacts')
  await page.locator('tbody tr').first().waitFor()
  const headings = await page.getByRole('columnheader').allTextContents()
  assert.deepEqual(headings, ['Name', 'Job title', 'Department', 'Account', 'Actions'])
  assert.equal(await button(/New contact|Edit/).count(), 0)
})

test('what is masked is shown in part, and cannot be edited', async () => {
  const role = `masking${RUN}`
  const input = {
    key: role,
    name: role,
    grants: [{ module: 'contact', actions: ['READ', 'UPDATE'], scope: 'ALL' }],
    fields: [{ module: 'contact', field: 'email', access: 'MASKED' }],
  }
  await ask(SERVER, 'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { key } } }', admin, { input })
  const { users } = await ask(SERVER, '{ users(filter: { email: { eq: "viewer@demo.guanxi.local" } }) { nodes { id } } }', admin)
  const variables = { id: users.nodes[0].id, role }
  await ask(SERVER, 'mutation ($id: ID!, $role: String!) { assignRole(userId: $id, roleKey: $role) { user { id } } }', admin, variables)
  try {
    await page.reload()
    await page.getByRole('cell').filter({ hasText: '(masked)' }).first().waitFor()
    await button('Edit').first().click()
    const email = dialog().getByLabel('Email')
    assert.equal(await email.isDisabled(), true)
    await dialog().getByText('You see a part of it.').waitFor()
    assert.equal(await dialog().getByLabel('Name').isDisabled(), false)
    await page.keyboard.press('Escape')
  } finally {
    await ask(SERVER, 'mutation ($id: ID!, $role: String!) { unassignRole(userId: $id, roleKey: $role) { user { id } } }', admin, variables)
  }
})

test('the page has thrown nothing', () => {
  assert.deepEqual(
    front.errors.filter((text) => !/ERR_CONNECTION|status of 401|WebSocket connection to/.test(text)),
    [],
  )
})
