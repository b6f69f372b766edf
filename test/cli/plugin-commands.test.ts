import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newPluginCommand } from '../../src/cli/plugin/new.ts'
import { freePort } from '../../src/start/embedded/free-port.ts'
import { connect } from '../../src/testing/connection.ts'
import { eventually, type Finished, runGuanxi } from '../support/guanxi-process.ts'

const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** `guanxi plugin …`, as processes of their own. What `plugin new` makes is installed, tested and served by the tutorial (`npm run tutorial`). */
describe('commands for authors of plugins', () => {
  let folder: string
  const run = (command: string): Promise<Finished> => runGuanxi(folder, command).finished

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'guanxi-author-'))
    // PostgreSQL's user may pass, as root too.
    chmodSync(folder, 0o755)
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

  test('plugin new asks for what is not given, and says at once what cannot be', async () => {
    const { answer, output, terminal } = openTerminal()
    const made = newPluginCommand(folder, undefined, { plural: 'loyaltyCards' }, terminal)
    await answer(/Name of the plugin[\s\S]*my-plugin/, `${'\x7f'.repeat('my-plugin'.length)}Loyalty`)
    await answer(/The name of a plugin is small letters/, `${'\x7f'.repeat('Loyalty'.length)}loyalty`)
    await answer(/What is it for\?[\s\S]*The plugin loyalty for Guanxi\./, ' 积分 "and" more')
    await answer(/Name of its first module[\s\S]*loyaltyItem/, `${'\x7f'.repeat('loyaltyItem'.length)}card`)
    await answer(/The modules of the plugin loyalty begin with loyalty/, `${'\x7f'.repeat('card'.length)}loyaltyCard`)
    await made
    expect(output()).not.toContain('In the plural')
    expect(output()).toContain('cd loyalty')
    const fileOf = (file: string) => readFileSync(join(folder, 'loyalty', file), 'utf8')
    expect(JSON.parse(fileOf('package.json'))).toMatchObject({ name: 'guanxi-loyalty', description: 'The plugin loyalty for Guanxi. 积分 "and" more' })
    expect(fileOf('src/index.ts')).toMatch(/name: 'loyaltyCard'[\s\S]*pluralName: 'loyaltyCards'/)
  }, 60_000)

  test('plugin new writes nothing when whoever is asked breaks off', async () => {
    const { answer, terminal } = openTerminal()
    const made = newPluginCommand(folder, 'regretted', {}, terminal)
    await answer(/What is it for\?/, '\x03')
    await made
    expect(existsSync(join(folder, 'regretted'))).toBe(false)
  }, 60_000)

  /** A terminal that somebody sits at: waits for a question and types an answer, Enter after it. */
  function openTerminal() {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
    const output = new PassThrough()
    let printed = ''
    let seen = 0
    output.setEncoding('utf8').on('data', (text: string) => (printed += text))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: how a terminal is told of colours and of where to write
    const plain = () => printed.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
    return {
      terminal: { input, output },
      output: plain,
      answer: async (question: RegExp, text: string) => {
        await eventually(async () => question.test(plain().slice(seen)))
        seen = plain().length
        input.write(text)
        if (text !== '\x03') input.write('\r')
      },
    }
  }

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
    // As they are published: the earlier one packed, the later one unpacked, with nothing installed beside it.
    const [archive, published] = [await pack(earlier), await pack(later)]
    await execute('tar', ['-xzf', published, '-C', folder])
    const { code, stdout } = await run(`plugin check package --against ${archive}`)
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
  }, 400_000)

  test('plugin check ends at what makes the rest impossible', async () => {
    const broken = writePlugin('broken', '1.0.0', `{ name: 'title', type: 'TEXT' }`, { network: ['not a host'] })
    const { code, stdout } = await run(`plugin check ${broken} --against none`)
    expect([code, stdout.trim().split('\n')]).toEqual([1, [expect.stringMatching(/^fail +manifest .*capabilities\.network/)]])
    const { stdout: nothing } = await run('plugin check full')
    expect(nothing).toMatch(/^fail +manifest /)
  }, 60_000)

  test('plugin dev serves what the plugin does now, says what is wrong with a change, and serves on when that is mended', async () => {
    const root = writePlugin('watched', '1.0.0', `{ name: 'title', type: 'TEXT' }`, {})
    const entry = join(root, 'dist', 'index.js')
    const written = (answer: string) => `import { definePlugin } from 'guanxi/plugin'
      export default definePlugin({
        name: 'parcels', version: '1.0.0', apiVersion: '^1.0.0',
        modules: [{ name: 'parcelsItem', pluralName: 'parcelsItems', nameField: 'title', fields: [{ name: 'title', type: 'TEXT' }] }],
        grants: [{ role: 'read_only', module: 'parcelsItem', actions: ['READ'], scope: 'ALL' }],
        graphql: { types: 'extend type Query { parcelsWord: String }', Query: { parcelsWord: () => ${answer} } },
      })`
    writeFileSync(entry, written(`'first'`))
    const port = String(await freePort())
    const dev = runGuanxi(folder, 'plugin dev watched', { PORT: port, ADMIN_PASSWORD: 'correct-horse-battery' })
    const lines = (pattern: RegExp) =>
      dev
        .output()
        .split('\n')
        .filter((line) => line.startsWith('guanxi plugin dev: ') && pattern.test(line))
    const told = (pattern: RegExp, count: number) => eventually(async () => lines(pattern).length >= count, 90_000)
    let admin = connect(`http://127.0.0.1:${port}`, null)
    try {
      await told(/parcels 1\.0\.0 is enabled on/, 1)
      const { signIn } = await admin.data('mutation { signIn(input: {email: "admin@guanxi.local", password: "correct-horse-battery"}) { accessToken } }')
      admin = connect(admin.url, signIn.accessToken)
      await admin.data('mutation { createParcelsItem(input: {title: "Kept"}) { changeSetId } }')
      const KEPT = '{ parcelsWord parcelsItems { nodes { title } } }'
      expect(await admin.data(KEPT)).toEqual({ parcelsWord: 'first', parcelsItems: { nodes: [{ title: 'Kept' }] } })

      // A server without it goes on, and says what is wrong; nothing of the plugin is served.
      writeFileSync(entry, written(`'second`))
      await told(/Mend it: the next change begins anew\./, 1)
      expect(lines(/Mend it/)[0]).toMatch(/The code of the plugin parcels cannot be loaded: .*token\. Mend it/)
      expect((await admin.data('{ plugins { name state lastError } }')).plugins).toContainEqual({
        name: 'parcels',
        state: 'quarantined',
        lastError: expect.any(String),
      })
      expect((await admin.send(KEPT)).errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
      expect(await admin.data('{ accounts { totalCount } }')).toEqual({ accounts: { totalCount: 0 } })

      writeFileSync(entry, written(`'second'`))
      await told(/is enabled on/, 2)
      expect(await admin.data(KEPT)).toEqual({ parcelsWord: 'second', parcelsItems: { nodes: [{ title: 'Kept' }] } })
      expect(lines(/beginning anew/)).toHaveLength(2)
    } finally {
      dev.child.kill('SIGTERM')
    }
    expect((await dev.finished).code).toBe(0)
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow()
  }, 400_000)

  test('plugin dev leaves a server alone that is on its port already', async () => {
    writePlugin('late', '1.0.0', `{ name: 'title', type: 'TEXT' }`, {})
    const asked: string[] = []
    const other = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end('{"status":"ready"}')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = other.address() as AddressInfo
      const { code, stderr } = await runGuanxi(folder, 'plugin dev late', { PORT: String(port), ADMIN_PASSWORD: 'correct-horse-battery' }).finished
      expect([code, stderr.split('\n').find((line) => line.startsWith('guanxi:'))]).toEqual([
        1,
        `guanxi: PORT ${port} is taken by another program. Stop it, or choose another PORT.`,
      ])
      expect(asked).toEqual(['/health'])
    } finally {
      other.closeAllConnections()
      await new Promise((resolve) => other.close(resolve))
    }
  }, 120_000)

  /** The file that `npm pack` makes of a folder. */
  async function pack(root: string): Promise<string> {
    const { stdout } = await execute('npm', ['pack', '--json', '--ignore-scripts'], { cwd: root })
    return join(root, (JSON.parse(stdout) as [{ filename: string }])[0].filename)
  }

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
