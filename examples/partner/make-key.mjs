/**
 * Makes what the integration signs in with, once, as an administrator: a role that holds no more than it needs, a SERVICE user, and an API key, which is written to .env.
 *
 * GUANXI_ADMIN_PASSWORD, or the file that `npm start` of the server keeps it in; GUANXI_ADMIN_EMAIL and GUANXI_URL where they are other ones than usual.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

const url = process.env.GUANXI_URL ?? 'http://127.0.0.1:4000'
const email = process.env.GUANXI_ADMIN_EMAIL ?? 'admin@guanxi.local'
const password = process.env.GUANXI_ADMIN_PASSWORD ?? keptPassword()

const ROLE = {
  key: 'erp_integration',
  name: 'ERP integration',
  grants: [
    // RESTORE: what is upserted and was deleted meanwhile is there again.
    { module: 'account', actions: ['CREATE', 'READ', 'UPDATE', 'RESTORE', 'BULK'], scope: 'ALL' },
    { module: 'ticket', actions: ['CREATE', 'READ', 'BULK'], scope: 'ALL' },
  ],
  // Sensitive fields are hidden unless a role lists them.
  fields: [{ module: 'ticket', field: 'description', access: 'WRITE' }],
}

/** What `npm start` of the server keeps at the root of this repository. */
function keptPassword() {
  try {
    return readFileSync(new URL('../../.guanxi/admin-password', import.meta.url), 'utf8').trim()
  } catch {
    process.stderr.write('There is no .guanxi/admin-password at the root: start the server there, or set GUANXI_ADMIN_PASSWORD.\n')
    process.exit(1)
  }
}

/** The data of an operation; `expected` is the code of an error that may be. */
async function ask(query, variables, { token, expected } = {}) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  const { data, errors } = await response.json()
  const codes = new Set((errors ?? []).map(({ extensions }) => extensions.code))
  if (errors && !codes.has(expected)) throw new Error(errors.map(({ message }) => message).join(' '))
  return data
}

const { signIn } = await ask('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', { input: { email, password } })
const token = signIn.accessToken
await ask('mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { key } } }', { input: ROLE }, { token, expected: 'DUPLICATE' })
const { upsertUser } = await ask(
  'mutation { upsertUser(by: { externalId: { system: "examples", key: "partner" } }, input: { name: "ERP", kind: "service" }) { user { id } } }',
  {},
  { token },
)
const { createApiKey } = await ask(
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { prefix } secret } }',
  { input: { name: 'ERP', userId: upsertUser.user.id, roleKey: ROLE.key } },
  { token },
)
// The secret is shown this once. A file that is there already would keep its mode, and so perhaps other readers.
rmSync('.env', { force: true })
writeFileSync('.env', `GUANXI_URL=${url}\nGUANXI_TOKEN=${createApiKey.secret}\n`, { mode: 0o600 })
process.stdout.write(`The API key ${createApiKey.apiKey.prefix} of the role ${ROLE.key} is in .env.\n`)
