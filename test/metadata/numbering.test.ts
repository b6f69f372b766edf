import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { changeField, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const YEAR = new Date().getUTCFullYear()

const SERIES = [
  { name: 'loose', numbering: { prefix: 'A' }, before: ['A1', 'A2'], after: ['B-003', 'B-004'] },
  { name: 'gapless', numbering: { prefix: 'A', gapless: true }, before: ['A1', 'A2'], after: ['B-003', 'B-004'] },
  { name: 'yearly', numbering: { prefix: 'A', perYear: true }, before: [`A${YEAR}-1`, `A${YEAR}-2`], after: [`B-${YEAR}-003`, `B-${YEAR}-004`] },
]

describe('the numbering of an AUTO_NUMBER', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server?.close())

  const create = async (name: string) => {
    const { createAccount } = await server.admin.data(`mutation { createAccount(input: {name: "One", type: "customer"}) { account { ${name} } } }`)
    return createAccount.account[name]
  }

  for (const { name, numbering, before, after } of SERIES) {
    test(`changes its prefix and padding, and a ${name} series goes on`, async () => {
      const field = await makeField(server.admin, { module: 'account', name, type: 'AUTO_NUMBER', numbering })
      expect([await create(name), await create(name)]).toEqual(before)
      await changeField(server.admin, field.id, { numbering: { prefix: 'B-' } })
      await changeField(server.admin, field.id, { numbering: { padding: 3 } })
      expect([await create(name), await create(name)]).toEqual(after)
      await changeField(server.admin, field.id, { numbering: { prefix: null, padding: null } })
      expect(await create(name)).toBe(name === 'yearly' ? `${YEAR}-5` : '5')
    })
  }

  test('keeps what was said about gaps, and refuses to have it otherwise', async () => {
    const { customFields } = await server.admin.data('{ customFields(module: "account") { id name numbering { gapless perYear } } }')
    const idOf = (name: string) => customFields.find((field: { name: string }) => field.name === name).id
    expect(customFields.map(({ name, numbering }: { name: string; numbering: object }) => ({ name, ...numbering }))).toEqual([
      { name: 'loose', gapless: false, perYear: false },
      { name: 'gapless', gapless: true, perYear: false },
      { name: 'yearly', gapless: true, perYear: true },
    ])
    const content = await contentOf(server.database.url)
    for (const [name, numbering, issue] of [
      ['loose', { gapless: true }, 'input.numbering.gapless: FIXED'],
      ['loose', { perYear: true }, 'input.numbering.perYear: FIXED'],
      ['gapless', { gapless: false }, 'input.numbering.gapless: FIXED'],
      ['yearly', { perYear: false, gapless: false }, 'input.numbering.gapless: FIXED'],
    ] as const)
      expect(issuesOf(await sendField(server.admin, 'updateField', { id: idOf(name), input: { numbering } }))).toEqual([issue])
    expect(await contentOf(server.database.url)).toEqual(content)
    // A gapless series may begin anew each year, or cease to.
    await changeField(server.admin, idOf('gapless'), { numbering: { perYear: true } })
    expect(await create('gapless')).toMatch(`${YEAR}-1`)
    await changeField(server.admin, idOf('gapless'), { numbering: { perYear: false, prefix: 'C' } })
    expect(await create('gapless')).toMatch(/^C\d+$/)
  })
})
