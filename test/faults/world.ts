import pg from 'pg'
import { createTestClient } from '../support/client.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { untilPlaced } from '../support/subscription.ts'

/** Somebody who sees his own records alone. */
export interface Actor {
  readonly id: string
  readonly name: string
  readonly token: string
  /** Accounts of his that several clients change at the same time. */
  readonly shared: readonly string[]
}

/** Who is there, and what was there before the load. */
export interface World {
  readonly admin: string
  readonly actors: readonly Actor[]
  /** Place of the last change before the load, and the administrator's cursor there. */
  readonly start: string
  readonly cursor: string
  /** Direct to the database, past all proxies. */
  readonly databaseUrl: string
  cursorOf(token: string): Promise<string>
}

const SHARED = 6
/** Of each shared account at the beginning. */
export const SIZE = 1_000

export async function signIn(url: string, email: string): Promise<string> {
  const { signIn: session } = await createTestClient(url, null).data('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', {
    input: { email, password: TEST_PASSWORD },
  })
  return session.accessToken
}

/** Makes two people with accounts of their own, on a server that has an administrator and nothing else. */
export async function makeWorld(url: string, databaseUrl: string): Promise<World> {
  const token = await signIn(url, 'admin@guanxi.local')
  const admin = createTestClient(url, token)
  const actors: Actor[] = []
  for (const name of ['Ada', 'Bo']) {
    const email = `${name.toLowerCase()}@example.com`
    const made = await admin.data('mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }', { input: { name, email } })
    const { id } = made.createUser.user
    await admin.data('mutation ($id: ID!) { assignRole(userId: $id, roleKey: "sales_rep") { user { id } } }', { id })
    await admin.data('mutation ($input: SetPasswordInput!) { setPassword(input: $input) { user { id } } }', { input: { userId: id, password: TEST_PASSWORD } })
    const own = await signIn(url, email)
    const input = Array.from({ length: SHARED }, (_, index) => ({ name: `Shared ${index} of ${name}`, size: SIZE, description: 'at first' }))
    const shared = await createTestClient(url, own).data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { accounts { id } } }', {
      input,
    })
    actors.push({ id, name, token: own, shared: shared.createAccounts.accounts.map((account: { id: string }) => account.id) })
  }
  const start = await withClient(databaseUrl, async (raw) => {
    await untilPlaced(raw)
    return (await raw.query('SELECT outbox_position::text AS start FROM stamper')).rows[0].start as string
  })
  const cursorOf = async (of: string): Promise<string> => (await createTestClient(url, of).data('{ changeCursor }')).changeCursor
  return { admin: token, actors, start, cursor: await cursorOf(token), databaseUrl, cursorOf }
}

/** Work on a connection of its own, since others may be lost with their server. */
export async function withClient<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(databaseUrl)
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
