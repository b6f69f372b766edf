import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as vite from 'vite'
import { inOrder } from '../../../scripts/live/in-order.mjs'
import { openPage } from '../../../scripts/live/page.mjs'
import { demoPassword, SERVER } from '../../../scripts/live/running-server.mjs'
import { ask, signIn } from '../../../scripts/live/server.mjs'

const EMAIL = 'nancy@demo.guanxi.local'
const test = inOrder()
/** Names that no earlier run has used on this server. */
const RUN = Date.now().toString(36)

let front
let page
let nancy
/** The first account on the page. */
let account
let total
before(async () => {
  front = await openPage(fileURLToPath(new URL('..', import.meta.url)), vite)
  page = front.page
  nancy = await signIn(SERVER, EMAIL, demoPassword())
  const { accounts, stages } = await ask(
    SERVER,
    '{ accounts(orderBy: [{ name: ASC }], first: 1) { totalCount nodes { id name } } stages(first: 1, filter: { category: { eq: "open" } }, orderBy: [{ position: ASC }]) { nodes { id } } }',
    nancy,
  )
  total = accounts.totalCount
  ;[account] = accounts.nodes
  for (const number of [1, 2, 3, 4, 5]) {
    const input = { name: `Deal ${number} ${RUN}`, account: { id: account.id }, stage: { id: stages.nodes[0].id } }
    await ask(SERVER, 'mutation ($input: CreateOpportunityInput!) { createOpportunity(input: $input) { changeSetId } }', nancy, { input })
  }
})
after(() => front?.close())

const card = () => page.getByRole('region', { name: account.name })
const item = (text) => card().getByRole('listitem').filter({ hasText: text })
const opportunities = async () =>
  (
    await ask(SERVER, 'query ($id: ID!) { account(id: $id) { opportunities(first: 500) { nodes { id name nextStep version } } } }', nancy, { id: account.id })
  ).account.opportunities.nodes.filter(({ name }) => name.includes(RUN))

/** Mutations of the page wait for what it answers, until it is called. */
async function holdMutations(name) {
  let release
  const released = new Promise((resolve) => (release = resolve))
  const hold = async (route) => {
    if (route.request().postData()?.includes(`mutation ${name}`)) await released
    await route.continue().catch(() => {})
  }
  await page.route('**/graphql', hold)
  return async () => {
    release()
    await page.unroute('**/graphql', hold)
  }
}

test('signs in, and shows accounts page by page', async () => {
  await page.getByLabel('E-mail address').fill(EMAIL)
  await page.getByLabel('Password').fill(demoPassword())
  await page.keyboard.press('Enter')
  const status = (shown) => page.getByRole('status').filter({ hasText: `${shown} of ${total} accounts` })
  await status(5).waitFor()
  for (let shown = 5; shown < total; shown += 5) {
    await page.getByRole('button', { name: 'More accounts' }).click()
    await status(Math.min(shown + 5, total)).waitFor()
  }
  assert.equal(await page.getByRole('button', { name: 'More accounts' }).count(), 0)
  assert.equal(await page.getByRole('region').count(), total)
})

test('a list within the list has pages of its own', async () => {
  assert.deepEqual(
    await card().locator('li strong').allTextContents(),
    [5, 4, 3].map((number) => `Deal ${number} ${RUN}`),
  )
  await card().getByRole('button', { name: 'More opportunities' }).click()
  await item(`Deal 1 ${RUN}`).waitFor()
})

test('a new opportunity is at the head of its list before the server answers, and is the one that it made afterwards', async () => {
  const release = await holdMutations('newOpportunityMutation')
  await card().getByLabel('New opportunity').fill(`New ${RUN}`)
  await page.keyboard.press('Enter')
  await item(`New ${RUN} (saving)`).waitFor()
  assert.equal((await opportunities()).length, 5)
  await release()
  await item(`New ${RUN} (saving)`).waitFor({ state: 'detached' })
  assert.equal(await card().locator('li strong').first().textContent(), `New ${RUN}`)
  assert.equal((await opportunities()).length, 6)
  // It has the id of the server: it can be written to.
  await item(`New ${RUN}`).getByLabel('Next step').fill('Call back')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.querySelector('li button').disabled === false)
  for (const deadline = Date.now() + 10_000; !(await opportunities()).some(({ nextStep }) => nextStep === 'Call back'); ) assert.ok(Date.now() < deadline)
})

test('what the server refuses, or never hears of, is taken back, and said', async () => {
  await card().getByLabel('New opportunity').fill('')
  await page.keyboard.press('Enter')
  await card().getByRole('alert').filter({ hasText: 'name is required' }).waitFor()
  await front.withoutServer(async () => {
    await card().getByLabel('New opportunity').fill(`Never ${RUN}`)
    await page.keyboard.press('Enter')
    await card().getByRole('alert').filter({ hasText: 'Failed to fetch' }).waitFor()
    assert.equal(await item('Never').count(), 0)
  })
  assert.equal((await opportunities()).length, 6)
})

test('a record is read again by its id', async () => {
  const [{ id }] = (await opportunities()).filter(({ name }) => name.startsWith('Deal 5'))
  await ask(SERVER, 'mutation ($id: ID!) { updateOpportunity(id: $id, input: { nextStep: "Written elsewhere" }) { changeSetId } }', nancy, { id })
  const asked = page.waitForRequest((request) => request.postData()?.includes('query accountCardRefetchQuery') && request.postData().includes('node(id: $id)'))
  await card().getByRole('button', { name: 'Refresh' }).click()
  await asked
  await page.waitForFunction(() => [...document.querySelectorAll('li input')].some(({ value }) => value === 'Written elsewhere'))
})

test('the page has thrown nothing', () => {
  assert.deepEqual(
    front.errors.filter((text) => !/ERR_CONNECTION/.test(text)),
    [],
  )
})
