import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { difference } from '../../scripts/pages/page.mjs'
import { answersOf, PAGES, type ShownAnswer } from '../support/pages.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { untilPlaced } from '../support/subscription.ts'

/** The documents of a page, in its order, on a server with the demo data, and their answers. `…` stands for what differs each time, `…name` for what it stood for the first time. */
const SHOWN = PAGES.map((path) => [path, answersOf(path)] as const).filter(([, answers]) => answers.length > 0)

/** Tokens of the users of one server, by their first name. */
function sessionsOf(server: TestServer): (user: string | undefined) => Promise<string> {
  const tokens = new Map<string, string>()
  return async (user) => {
    if (user === undefined) return server.admin.token as string
    if (!tokens.has(user)) tokens.set(user, (await server.signIn(`${user}@demo.guanxi.local`)).token as string)
    return tokens.get(user) as string
  }
}

/** The answer without what its page leaves out: members of errors (`locations`, `requestId` …), and beside errors the `extensions` of the answer. */
function asFarAsShown(expected: Readonly<Record<string, unknown>>, actual: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!Array.isArray(expected.errors) || !Array.isArray(actual.errors)) return actual
  const { extensions, errors, ...rest } = actual
  const shown = errors.map((error, index) => membersOf((expected.errors as unknown[])[index], error))
  return { ...rest, errors: shown, ...('extensions' in expected && { extensions }) }
}

/** Of an object the members that the page shows too, and so down to lists and plain values. */
function membersOf(expected: unknown, actual: unknown): unknown {
  const objects = [expected, actual].every((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
  if (!objects) return actual
  return Object.fromEntries(Object.keys(expected as object).map((key) => [key, membersOf((expected as never)[key], (actual as never)[key])]))
}

async function answerTo({ text, variables }: ShownAnswer, names: ReadonlyMap<string, unknown>, url: string, token: string): Promise<Record<string, unknown>> {
  const filledIn = (source: string): string => source.replaceAll(/…(\w+)/g, (mark, name) => String(names.get(name) ?? mark))
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: filledIn(JSON.stringify({ query: text, variables })),
  })
  return (await response.json()) as Record<string, unknown>
}

/** What the demo data has brought is behind every cursor that a page takes. */
async function allPlaced({ database }: TestServer): Promise<void> {
  const raw = new pg.Client(database.url)
  await raw.connect()
  await untilPlaced(raw)
  await raw.end()
}

describe.each(SHOWN)('%s', (path, answers) => {
  let server: TestServer | undefined
  afterAll(() => server?.close(), 60_000)

  test('answers what it shows', async () => {
    server = await startTestServer({ template: 'demo' })
    await allPlaced(server)
    const tokenOf = sessionsOf(server)
    const names = new Map<string, unknown>()
    for (const shown of answers) {
      const token = await tokenOf(shown.user)
      // A change has its place in the feed a moment after its commit.
      const deadline = Date.now() + (/\bchanges\(/.test(shown.text) ? 5_000 : 0)
      const { url } = server
      const compare = async () => {
        const compared = asFarAsShown(shown.expected, await answerTo(shown, names, url, token))
        return { compared, where: difference(shown.expected, compared, names) }
      }
      let { compared, where } = await compare()
      for (; where !== undefined && Date.now() < deadline; await delay(50)) ({ compared, where } = await compare())
      if (where !== undefined) throw new Error(`${shown.place}: the answer differs at ${where}: ${JSON.stringify(compared, null, 2)}`)
    }
  }, 120_000)

  test('has nothing that is remembered and never used', () => {
    const text = JSON.stringify(answers.map(({ text: document, variables, expected }) => [document, variables, expected]))
    const names = [...text.matchAll(/…(\w+)/g)].map(([, name]) => name as string)
    expect([path, [...new Set(names)].filter((name) => names.filter((each) => each === name).length === 1)]).toEqual([path, []])
  })
})
