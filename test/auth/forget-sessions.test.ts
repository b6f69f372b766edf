import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { forgetOneTimeTokens, forgetSessions } from '../../src/auth/index.ts'
import { codesOf } from '../support/client.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Rows of sessions and of links that can be used no more go after their time, and nothing that was refused before is let in for it. */
const DAY = 86_400_000
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken } }'
const REFRESH = 'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken refreshToken } }'

let server: TestServer
let raw: pg.Client
beforeAll(async () => {
  server = await startTestServer()
  raw = new pg.Client(server.database.url)
  await raw.connect()
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
})

const before = (days: number) => new Date(Date.now() - days * DAY)
const signIn = async (email: string): Promise<{ accessToken: string; refreshToken: string }> =>
  (await server.anonymous.data(SIGN_IN, { input: { email, password: TEST_PASSWORD } })).signIn
const refresh = (refreshToken: string) => server.anonymous.send(REFRESH, { input: { refreshToken } })
const me = (accessToken: string) => server.anonymous.send('{ me { id } }', {}, { headers: { authorization: `Bearer ${accessToken}` } })
const count = async (table: string, where: string, values: unknown[]): Promise<number> =>
  (await raw.query(`SELECT count(*)::int AS count FROM ${table} WHERE ${where}`, values)).rows[0].count

test('sessions that ended long ago go with their tokens; live ones, and those that ended lately, stay', async () => {
  const { id, email } = await server.addUser('Sessions', 'sales_rep')
  const [live, lately, revoked, expired] = await Promise.all([signIn(email), signIn(email), signIn(email), signIn(email)])
  // A used token of a session that is ended, and of one that is not.
  const second = (await refresh(revoked.refreshToken)).data.refreshSession
  const next = (await refresh(live.refreshToken)).data.refreshSession
  const age = async ({ accessToken }: { accessToken: string }, set: string) => {
    const { sid } = JSON.parse(Buffer.from(accessToken.split('.')[1] as string, 'base64url').toString())
    await raw.query(`UPDATE session SET ${set} WHERE id = $1`, [sid])
  }
  await age(revoked, "revoked_at = now() - interval '31 days'")
  await age(lately, "revoked_at = now() - interval '29 days'")
  await age(expired, "expires_at = now() - interval '31 days'")
  const audited = await count('audit_log', 'action = $1', ['session.signIn'])
  const kept = await count('session', 'user_id = $1', [id])

  expect(await forgetSessions(server.app.kernel.database, before(30))).toBe(2)
  expect(await count('session', 'user_id = $1', [id])).toBe(kept - 2)
  expect(await count('refresh_token', 'NOT EXISTS (SELECT FROM session s WHERE s.id = session_id)', [])).toBe(0)
  expect(await count('audit_log', 'action = $1', ['session.signIn'])).toBe(audited)

  // Tokens of what is gone are refused as before, used or not, in the words for any that is not valid.
  for (const { refreshToken } of [revoked, second, expired, lately]) {
    const { errors } = await refresh(refreshToken)
    expect(errors).toMatchObject([{ message: 'The refresh token is not valid, or no longer is. Sign in again.', extensions: { code: 'UNAUTHENTICATED' } }])
  }
  for (const { accessToken } of [revoked, expired, lately]) expect(codesOf(await me(accessToken))).toEqual(['UNAUTHENTICATED'])
  expect((await me(next.accessToken)).data).toEqual({ me: { id } })
  // The used token of the live session is still known: its replay ends the session.
  expect(codesOf(await refresh(live.refreshToken))).toEqual(['UNAUTHENTICATED'])
  expect(codesOf(await refresh(next.refreshToken))).toEqual(['UNAUTHENTICATED'])
})

test('tokens of links go once they can be used no more, unless their message may still be sent', async () => {
  const INVITE = 'mutation ($email: String!) { inviteUser(input: {email: $email, name: "Guest", roleKeys: ["read_only"]}) { user { id } } }'
  const ids: string[] = []
  for (let index = 0; index < 4; index += 1) ids.push((await server.admin.data(INVITE, { email: `guest${index}@example.com` })).inviteUser.user.id)
  const [used, ended, waiting, alive] = ids
  await raw.query("UPDATE one_time_token SET used_at = now() - interval '31 days' WHERE user_id = $1", [used])
  await raw.query("UPDATE one_time_token SET ended_at = now() - interval '31 days' WHERE user_id = $1", [ended])
  // Its message failed for good, and an administrator may have it sent again.
  const { rows } = await raw.query(
    `INSERT INTO deliveries (id, version, created_at, updated_at, record_id, owner_id, channel, state, attempts)
     SELECT gen_random_uuid(), 1, now(), now(), NULL, $1, 'email', 'dead', 3 RETURNING id`,
    [waiting],
  )
  await raw.query("UPDATE one_time_token SET expires_at = now() - interval '31 days', delivery_id = $2 WHERE user_id = $1", [waiting, rows[0].id])
  expect(await forgetOneTimeTokens(server.app.kernel.database, before(30))).toBe(2)
  const left = await raw.query('SELECT user_id FROM one_time_token WHERE user_id = ANY($1::uuid[])', [ids])
  expect(left.rows.map(({ user_id }) => user_id).sort()).toEqual([waiting, alive].sort())
  await raw.query("UPDATE deliveries SET state = 'sent' WHERE id = $1", [rows[0].id])
  expect(await forgetOneTimeTokens(server.app.kernel.database, before(30))).toBe(1)
})

test('more than one statement takes are all taken, and work that is to stop ends between two of them', async () => {
  const { id } = await server.addUser('Many', 'read_only')
  await raw.query(
    `INSERT INTO session (id, user_id, created_at, last_used_at, expires_at) SELECT gen_random_uuid(), $1, now(), now(), now() - interval '40 days' FROM generate_series(1, 1200)`,
    [id],
  )
  let asked = 0
  expect(await forgetSessions(server.app.kernel.database, before(30), () => ++asked > 1)).toBe(500)
  expect(await forgetSessions(server.app.kernel.database, before(30))).toBe(700)
})
