import { randomUUID } from 'node:crypto'
import type { DataSource } from 'typeorm'
import { createAccessInsight } from '../../src/auth/access-insight.ts'
import { createAccessTokens, type TokenKey } from '../../src/auth/access-token.ts'
import { createAddressThrottle } from '../../src/auth/address-throttle.ts'
import { createApiKeys } from '../../src/auth/api-keys.ts'
import { THROTTLE_LIMITS, type ThrottleLimits } from '../../src/auth/attempt-counter.ts'
import { createAuthenticator } from '../../src/auth/authenticator.ts'
import { createGrantUsage } from '../../src/auth/grant-usage.ts'
import { createPasswordHasher } from '../../src/auth/passwords.ts'
import { createRoles } from '../../src/auth/roles.ts'
import { seedRoles } from '../../src/auth/seed-roles.ts'
import { createSessions } from '../../src/auth/sessions.ts'
import { createSignInThrottle } from '../../src/auth/sign-in-throttle.ts'
import { createUserPasswords, storePassword } from '../../src/auth/user-passwords.ts'
import { coreModules } from '../../src/entities/index.ts'
import { createRecordIdFactory } from '../../src/lib/record-id.ts'
import type { Principal } from '../../src/records/access/policy.ts'
import { createDataSource, databaseOf } from '../../src/records/data-source.ts'
import type { Database, Statement } from '../../src/records/database.ts'
import { buildRegistry } from '../../src/records/registry/index.ts'
import { openTestDatabase } from '../support/database.ts'

export const PASSWORD = 'correct horse battery staple'
export const KEY: TokenKey = { id: 'k1', secret: Buffer.alloc(32, 7) }
export const ORIGIN = { requestId: 'r1', client: null, ip: '192.0.2.1', userAgent: 'test' }

export interface NewUser {
  readonly name?: string
  readonly roles?: readonly string[]
  readonly team?: string
  readonly kind?: 'person' | 'service'
  readonly status?: 'active' | 'disabled'
}

/** Identity services over a database of their own, with a clock that tests move. */
export async function openIdentity(options: { readonly limits?: Partial<ThrottleLimits>; readonly keys?: readonly TokenKey[] } = {}) {
  const testDatabase = await openTestDatabase()
  const dataSource: DataSource = await createDataSource({ url: testDatabase.url, max: 10, applicationName: 'auth-test' }).initialize()
  const statements: Statement[] = []
  const database: Database = databaseOf(dataSource, (statement) => statements.push(statement))
  const registry = buildRegistry(coreModules(), 1)
  const clock = { offset: 0 }
  const now = () => new Date(Date.now() + clock.offset)
  const newId = createRecordIdFactory(() => now().getTime())
  const hasher = createPasswordHasher()
  const accessTokens = createAccessTokens({ issuer: 'guanxi', audience: 'guanxi', keys: options.keys ?? [KEY], lifetime: 900, now })
  const limits = { ...THROTTLE_LIMITS, ...options.limits }
  const throttle = createSignInThrottle(database, now, limits)
  const addresses = createAddressThrottle(database, now, limits)
  const background: unknown[] = []
  const authenticator = createAuthenticator({ database, registry: () => registry, accessTokens, now, onBackgroundError: (error) => background.push(error) })
  const sessions = createSessions({ database, hasher, accessTokens, throttle, addresses, now })
  const grantUsage = createGrantUsage(database, now)
  const passwordHash = await hasher.hash(PASSWORD)
  await database.transaction((transaction) => seedRoles(transaction, new Date()))

  const run = <Row = Record<string, unknown>>(text: string, values: readonly unknown[] = []) => database.query<Row>({ text, values, purpose: 'platform' })

  async function addTeam(name: string, parent: string | null = null): Promise<string> {
    const id = newId(2)
    await run('INSERT INTO teams (id, name, parent_id) VALUES ($1, $2, $3)', [id, name, parent])
    return id
  }

  /** Signs in with PASSWORD as `<name>@example.com`. */
  async function addUser({ name = randomUUID(), roles = [], team, kind = 'person', status = 'active' }: NewUser = {}): Promise<{ id: string; email: string }> {
    const id = newId(1)
    const email = `${name}@example.com`
    await run('INSERT INTO users (id, name, email, kind, status, team_id) VALUES ($1, $2, $3, $4, $5, $6)', [id, name, email, kind, status, team ?? null])
    await run('INSERT INTO user_role (user_id, role_id) SELECT $1, id FROM role WHERE key = ANY($2)', [id, roles])
    await database.transaction((transaction) => storePassword(transaction, id, passwordHash, now()))
    return { id, email }
  }

  const callerOf = (token: string) => authenticator.callerOf({ authorization: `Bearer ${token}`, ip: ORIGIN.ip, userAgent: ORIGIN.userAgent })

  /** Principal of a token as the executor gets it in the end, after a possible retry. */
  async function principalOf(token: string): Promise<Principal> {
    const caller = callerOf(token)
    await caller.principal()
    caller.forget()
    return (await caller.principal()) as Principal
  }

  return {
    database,
    registry,
    statements,
    clock,
    now,
    hasher,
    accessTokens,
    throttle,
    addresses,
    authenticator,
    sessions,
    background,
    apiKeys: createApiKeys(database, now),
    roles: createRoles({ database, registry: () => registry, now }),
    passwords: createUserPasswords({ database, hasher, throttle, now }),
    grantUsage,
    access: createAccessInsight({ database, registry: () => registry, authenticator, usage: grantUsage, now }),
    run,
    addTeam,
    addUser,
    callerOf,
    principalOf,
    newId,
    signIn: (email: string, password = PASSWORD) => sessions.signIn({ email, password }, ORIGIN),
    accessEpoch: async () => (await run<{ access: number }>('SELECT access_epoch::int AS access FROM epoch'))[0]?.access ?? 0,
    close: async () => {
      await authenticator.idle()
      await dataSource.destroy()
      await testDatabase.close()
    },
  }
}

export type Identity = Awaited<ReturnType<typeof openIdentity>>

/** Code of the GuanxiError that a promise ends with; fails where it resolves. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => Promise.reject(new Error('resolved')),
    (error: { code?: string }) => error.code ?? String(error),
  )
}
