import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TestServer } from '../../src/testing/index.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSCONFIG = {
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    types: ['node'],
    rootDir: 'src',
    outDir: 'dist',
  },
  include: ['src'],
}

/** The code of docs/plugins/recipes.md, compiled as a package of its own against the built product, does what its text says. */
describe('the recipes', () => {
  let folder: string
  let server: TestServer

  beforeAll(async () => {
    spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { stdio: 'inherit' })
    folder = mkdtempSync(join(tmpdir(), 'guanxi-recipes-'))
    const page = readFileSync(join(ROOT, 'docs/plugins/recipes.md'), 'utf8')
    for (const [, path = '', text = ''] of page.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(ROOT, join(folder, 'node_modules', 'guanxi'))
    for (const name of ['zod', '@types']) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`the recipes do not compile:\n${stdout}`)
    const { startTestServer } = (await import(join(ROOT, 'dist/testing/index.js'))) as typeof import('../../src/testing/index.ts')
    server = await startTestServer({ plugins: [{ plugin: folder, enable: false }], clock: '2031-05-01T00:00:00Z' })
    await server.fixtures.account({ name: 'There before' })
    // More than one `find` answers.
    await server.as('admin').mutate('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', {
      input: Array.from({ length: 600 }, (_, index) => ({ name: `Many ${index}` })),
    })
    await server.as('admin').mutate('mutation { enablePlugin(name: "recipes") { plugin { state } } }')
  }, 400_000)
  afterAll(async () => {
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  test('a migration has brought what was there before to what the version needs, and runs once', async () => {
    const TIERS = '{ accounts(filter: {name: {eq: "There before"}}) { nodes { recipesTier } } }'
    expect((await server.as('admin').query(TIERS)).accounts.nodes).toEqual([{ recipesTier: 'bronze' }])
    expect((await server.as('admin').query('{ accounts(filter: {recipesTier: {isNull: true}}) { totalCount } }')).accounts.totalCount).toBe(0)
    const later = await server.fixtures.account()
    await server.as('admin').mutate('mutation { disablePlugin(name: "recipes") { plugin { state } } }')
    await server.as('admin').mutate('mutation { enablePlugin(name: "recipes") { plugin { state } } }')
    expect((await server.as('admin').query('query ($id: ID!) { account(id: $id) { recipesTier } }', { ...later })).account.recipesTier).toBeNull()
  }, 60_000)

  test('a guard vetoes, for what its user does not see too', async () => {
    const manager = server.as('sales_manager')
    const [busy, idle] = [await server.fixtures.account({}, { as: manager }), await server.fixtures.account({}, { as: manager })]
    await server.fixtures.order({ account: busy, status: 'confirmed' })
    const DELETE = 'mutation ($ids: [ID!]!) { deleteAccounts(ids: $ids) { changeSetId } }'
    expect(await manager.expectIssues(DELETE, { ids: [idle.id, busy.id] })).toEqual(['ids.1: ORDERS_UNDER_WAY'])
    await manager.mutate(DELETE, { ids: [idle.id] })
  }, 60_000)

  test('a computed field costs two statements more for a whole list, whatever its length', async () => {
    const account = await server.fixtures.account({ industry: 'retail' })
    await server.fixtures.createAll(
      'order',
      Array.from({ length: 100 }, () => ({ account })),
    )
    const admin = server.as('admin')
    const list = (fields: string) => server.statements(() => admin.query(`{ orders(first: 100) { nodes { id ${fields} } } }`), 'record')
    const [plain, computed] = [await list(''), await list('accountIndustry')]
    expect(computed.length - plain.length).toBe(2)
    const { orders } = await admin.query('query ($id: ID!) { orders(first: 1, filter: {account: {id: {eq: $id}}}) { nodes { accountIndustry } } }', {
      ...account,
    })
    expect(orders.nodes).toEqual([{ accountIndustry: 'retail' }])
  }, 60_000)

  test('a permission opens a mutation to those who have it, by their rights on the record', async () => {
    const MARK = 'mutation ($account: ID!) { markStrategic(account: $account, strategic: true) { recipesStrategic } }'
    const manager = server.as('sales_manager')
    const { id: account } = await server.fixtures.account({}, { as: manager })
    expect(await manager.mutate(MARK, { account })).toEqual({ markStrategic: { recipesStrategic: true } })
    await server.as('sales_rep').expectError('FORBIDDEN', MARK, { account })
    const { id: foreign } = await server.fixtures.account()
    await manager.expectError('NOT_FOUND', MARK, { account: foreign })
  }, 60_000)

  test('a nightly job takes what is due, by moments of the clock, in as many turns as it needs', async () => {
    await server.fixtures.createAll(
      'lead',
      Array.from({ length: 501 }, (_, index) => ({ name: `Stale ${index}` })),
    )
    const LOST = '{ leads(filter: {status: {eq: "lost"}}) { totalCount } }'
    await server.clock.advance({ days: 90 })
    expect((await server.as('admin').query(LOST)).leads.totalCount).toBe(0)
    await server.clock.advance({ days: 1 })
    expect((await server.as('admin').query(LOST)).leads.totalCount).toBe(501)
  }, 120_000)
})
