import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Finished, runGuanxi } from '../support/guanxi-process.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** `guanxi plugin …`, as processes of their own. What `plugin new` makes is installed, tested and served by the tutorial (`npm run tutorial`). */
describe('commands for authors of plugins', () => {
  let folder: string
  const run = (command: string): Promise<Finished> => runGuanxi(folder, command).finished

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'guanxi-author-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('plugin new fills the template, with the versions that the product itself is built with', async () => {
    const { code, stdout } = await run('plugin new gift-card --yes --module giftcard')
    expect([code, stdout]).toEqual([0, expect.stringContaining('cd gift-card')])
    expect(readdirSync(join(folder, 'gift-card')).sort()).toEqual(['.gitignore', 'README.md', 'biome.json', 'package.json', 'src', 'test', 'tsconfig.json'])
    const made = JSON.parse(readFileSync(join(folder, 'gift-card/package.json'), 'utf8'))
    const product = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(made).toMatchObject({
      name: 'guanxi-gift-card',
      dependencies: { zod: product.dependencies.zod },
      peerDependencies: { guanxi: `^${product.version}` },
      devDependencies: { guanxi: `^${product.version}`, typescript: product.devDependencies.typescript },
    })
    for (const file of ['package.json', 'README.md', 'src/index.ts', 'test/plugin.test.js'])
      expect(readFileSync(join(folder, 'gift-card', file), 'utf8')).not.toMatch(/__[A-Z_]+__/)
  }, 60_000)

  const REFUSED = [
    { command: 'plugin new Gift_Cards --yes', says: /The name of a plugin is small letters/ },
    { command: 'plugin new', says: /Name the plugin/ },
    { command: 'plugin new vouchers --yes --module card', says: /begin with vouchers/ },
    { command: 'plugin new vouchers --yes --module vouchersCard --plural vouchersCard', says: /differ/ },
    { command: 'plugin new vouchers --yes --plural cards', says: /begins with vouchers/ },
    { command: 'plugin new vouchers --yes --guanxi nowhere.tgz', says: /there is no .*nowhere\.tgz/ },
    { command: 'plugin new vouchers --yes --directory full', says: /not empty/ },
  ]
  for (const { command, says } of REFUSED) {
    test(`${command}: is refused with one line, and writes nothing`, async () => {
      mkdirSync(join(folder, 'full'), { recursive: true })
      writeFileSync(join(folder, 'full', 'mine.txt'), 'kept')
      const { code, stderr } = await run(command)
      expect([code, stderr]).toEqual([1, expect.stringMatching(says)])
      expect(stderr.trim().split('\n')).toHaveLength(1)
      expect(existsSync(join(folder, 'vouchers'))).toBe(false)
      expect(readdirSync(join(folder, 'full'))).toEqual(['mine.txt'])
    }, 60_000)
  }

  test('plugin check names what breaks clients, what operators must agree to, and rights that are not used', async () => {
    const earlier = writePlugin('earlier', '1.0.0', `{ name: 'title', type: 'TEXT', required: true }, { name: 'weight', type: 'INTEGER' }`, {})
    const later = writePlugin('later', '1.1.0', `{ name: 'title', type: 'TEXT', required: true }`, { modules: { lead: ['READ', 'UPDATE'] }, routes: true })
    const { code, stdout } = await run(`plugin check ${later} --against ${earlier}`)
    expect(code).toBe(1)
    const lines = stdout.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
    for (const line of [
      'ok manifest parcels 1.1.0, written for version ^1.0.0 of the plugin API',
      'warn rights it asks for lead, and its code names no lead.',
      'warn rights it asks for routes and has none.',
      'ok schema a server has it enabled',
      'fail breaking ParcelsItem.weight was removed.',
      'fail breaking CreateParcelsItemInput.weight was removed.',
      'fail version clients of 1.0.0 break: the next version is 2.0.0, not 1.1.0.',
      'warn demands operators have to agree to more than in 1.0.0: UPDATE on lead.',
    ])
      expect(lines).toContain(line)
  }, 180_000)

  test('plugin check ends at what makes the rest impossible', async () => {
    const broken = writePlugin('broken', '1.0.0', `{ name: 'title', type: 'TEXT' }`, { network: ['not a host'] })
    const { code, stdout } = await run(`plugin check ${broken} --against none`)
    expect([code, stdout.trim().split('\n')]).toEqual([1, [expect.stringMatching(/^fail +manifest .*capabilities\.network/)]])
    const { stdout: nothing } = await run('plugin check full')
    expect(nothing).toMatch(/^fail +manifest /)
  }, 60_000)

  function writePlugin(place: string, version: string, fields: string, capabilities: object): string {
    const root = join(folder, place)
    mkdirSync(join(root, 'dist'), { recursive: true })
    mkdirSync(join(root, 'node_modules'))
    symlinkSync(ROOT, join(root, 'node_modules', 'guanxi'))
    const manifest = { name: 'parcels', apiVersion: '^1.0.0', entry: './dist/index.js', capabilities }
    writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'guanxi-parcels', version, type: 'module', guanxi: manifest }))
    writeFileSync(
      join(root, 'dist', 'index.js'),
      `import { definePlugin } from 'guanxi/plugin'
      import { Int, Query, Resolver } from 'guanxi/type-graphql'
      class Figures { parcelsOpen() { return 1 } }
      Resolver()(Figures)
      Query(() => Int)(Figures.prototype, 'parcelsOpen', Object.getOwnPropertyDescriptor(Figures.prototype, 'parcelsOpen'))
      export default definePlugin({
        name: 'parcels', version: '${version}', apiVersion: '^1.0.0',
        modules: [{ name: 'parcelsItem', pluralName: 'parcelsItems', nameField: 'title', fields: [${fields}] }],
        graphql: { resolvers: [Figures] },
        grants: [{ role: 'read_only', module: 'parcelsItem', actions: ['READ'], scope: 'ALL' }],
      })`,
    )
    return root
  }
})
