/**
 * Tries the explorer in headless Chromium (`npm run explorer:test`) against a server of its own with the demo data. Prints a line for each thing that holds, and exits 1 at the first that does not.
 *
 * CHROMIUM names the browser; without it `chromium`, `chromium-browser` or `google-chrome` of the PATH is taken. `--screenshot <file>` keeps a picture of the page.
 */
import { strictEqual } from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launchBrowser } from './live/browser.mjs'
import { inFolder } from './live/in-folder.mjs'
import { ADMIN, ask, signIn, startServer } from './live/server.mjs'

const { screenshot } = parseArgs({ options: { screenshot: { type: 'string' } } }).values
/** Picture of the page when something did not hold. */
const FAILURE = join(tmpdir(), 'guanxi-explorer-failure.png')
/** Milliseconds that one thing may take before it counts as missing. */
const PATIENCE = 30_000
const MARKUP = `<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>`

let held = 0
/** `work` must be done; what it answers must be true where it answers anything. */
async function check(title, work) {
  const answer = await work()
  if (answer !== undefined) strictEqual(answer, true, title)
  held += 1
  process.stdout.write(`✓ ${title}\n`)
}

/** Watches what the page may not do. */
async function watch(context, page, url) {
  const seen = { violations: [], elsewhere: [], errors: [] }
  await context.exposeBinding('noteViolation', (_source, text) => void seen.violations.push(text))
  await context.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) =>
      globalThis.noteViolation(`${violatedDirective} ${blockedURI} ${sourceFile}`),
    ),
  )
  const own = new URL(url).host
  const look = (address) => {
    const { protocol, host } = new URL(address)
    if (!['data:', 'blob:'].includes(protocol) && host !== own) seen.elsewhere.push(address)
  }
  context.on('request', (request) => look(request.url()))
  page.on('websocket', (socket) => look(socket.url()))
  page.on('pageerror', (error) => seen.errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') seen.errors.push(message.text())
  })
  return seen
}

async function tryExplorer(page, { url, password }) {
  const answer = page.locator('.graphiql-response')
  const button = (name) => page.getByRole('button', { name, exact: false })
  const answers = (text) => answer.filter({ hasText: text }).waitFor({ timeout: PATIENCE })
  /** Puts a text into the editor of operations as typing would, without what the editor adds to typed brackets. */
  const write = async (text) => {
    await page.locator('.graphiql-query-editor .view-lines').first().click()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.insertText(text)
  }
  const run = () => page.locator('.graphiql-execute-button').click()

  await check('a browser gets the page, under a strict policy and in no frame', async () => {
    const response = await page.goto(`${url}/graphql`)
    const headers = response.headers()
    const policy = headers['content-security-policy'] ?? ''
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1]
    return (
      scripts === "'self'" &&
      policy.includes("frame-ancestors 'none'") &&
      headers['x-frame-options'] === 'DENY' &&
      headers['x-content-type-options'] === 'nosniff'
    )
  })
  await check('a wrong password is refused in words', async () => {
    await page.getByLabel('E-mail address').fill('nancy@demo.guanxi.local')
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').filter({ hasText: 'E-mail address or password is wrong' }).waitFor({ timeout: PATIENCE })
  })
  await check('one click signs a demo user in, and no password is on the page', async () => {
    const users = await page.getByRole('region', { name: 'Demo users' }).getByRole('button').count()
    await button('Nancy Davolio').click()
    await page.getByTestId('user').filter({ hasText: 'nancy@demo.guanxi.local' }).waitFor({ timeout: PATIENCE })
    return users === 13 && !(await page.content()).includes(password)
  })
  await check('an example runs', async () => {
    await button('Customers with their contacts').click()
    await run()
    await answers('"accounts"')
    await answers('"totalCount"')
  })
  await check('the documentation of the schema is there', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    await page.locator('.graphiql-doc-explorer').filter({ hasText: 'Subscription' }).waitFor({ timeout: PATIENCE })
    await page.getByRole('button', { name: 'Show Examples' }).click()
  })
  if (screenshot !== undefined) await page.screenshot({ path: screenshot })
  await check('an error is shown with its code', async () => {
    await write('{ account(id: "nothing") { name } }')
    await run()
    await answers('"code"')
  })
  await check('the editor marks what the schema does not have', async () => {
    await write('{ accounts { nodes { noSuchField } } }')
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor({ timeout: PATIENCE })
  })
  const token = await signIn(url, 'nancy@demo.guanxi.local', password)
  await check('a subscription tells of a change, and its markup is text', async () => {
    await button('Changes of accounts, live').click()
    await run()
    await page.locator('.graphiql-execute-button[aria-label*="Stop"]').waitFor({ timeout: PATIENCE })
    const { accounts } = await ask(url, '{ accounts(first: 1) { nodes { id } } }', token)
    const change = (round) =>
      ask(url, `mutation { updateAccount(id: "${accounts.nodes[0].id}", input: {name: ${JSON.stringify(`${MARKUP} ${round}`)}}) { changeSetId } }`, token)
    // Whether it has begun is not told.
    for (let round = 0; round < 40 && !(await answer.textContent()).includes('accountChanged'); round += 1) {
      await change(round)
      await page.waitForTimeout(250)
    }
    await answers('onerror')
    await run()
  })
  await check('markup in the names of fields is text in the documentation and in the editor', async () => {
    const admin = await signIn(url, ADMIN.email, ADMIN.password)
    const input = `{module: "account", name: "odd", type: TEXT, label: ${JSON.stringify(MARKUP)}}`
    await ask(url, `mutation { createCustomField(input: ${input}) { schemaVersion } }`, admin)
    await page.getByRole('button', { name: 'Re-fetch GraphQL schema' }).click()
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    const documentation = page.locator('.graphiql-doc-explorer')
    const search = documentation.getByRole('combobox')
    await search.click()
    await page.keyboard.insertText('odd')
    await page
      .getByRole('option', { name: /^Account.odd/ })
      .first()
      .click()
    await documentation.filter({ hasText: 'onerror' }).waitFor({ timeout: PATIENCE })
    return (await page.locator('.graphiql-container img').count()) === 0 && (await page.evaluate(() => globalThis.hacked)) === undefined
  })
  await check('a page that is loaded again is still signed in; who signs out is not', async () => {
    await page.reload()
    await page.getByTestId('user').filter({ hasText: 'nancy@demo.guanxi.local' }).waitFor({ timeout: PATIENCE })
    await button('Sign out').click()
    await page.getByLabel('Password').waitFor({ timeout: PATIENCE })
    return page.evaluate(() => !JSON.stringify({ ...localStorage, ...sessionStorage }).includes('accessToken'))
  })
}

await inFolder('explorer', async (folder, atEnd) => {
  const server = await startServer(folder, atEnd)
  const browser = await launchBrowser()
  atEnd(() => browser.close())
  const context = await browser.newContext({ viewport: { width: 1280, height: 760 } })
  const page = await context.newPage()
  const seen = await watch(context, page, server.url)
  try {
    await tryExplorer(page, server)
  } catch (error) {
    await page.screenshot({ path: FAILURE }).catch(() => {})
    process.stderr.write(`${FAILURE} shows the page then. Noticed: ${JSON.stringify(seen, null, 2)}\n`)
    throw error
  }
  await check('nothing broke the policy, went to another host or failed', () => {
    const unexpected = seen.errors.filter((text) => !/status of 401/.test(text))
    if (seen.violations.length + seen.elsewhere.length + unexpected.length > 0) throw new Error(JSON.stringify({ ...seen, errors: unexpected }, null, 2))
  })
  process.stdout.write(`${held} things hold in Chromium ${browser.version()}.\n`)
})
