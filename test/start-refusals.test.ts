import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { openTestDatabase, type TestDatabase } from './support/database.ts'
import { runGuanxi, temporaryDirectory } from './support/guanxi-process.ts'

/** What cannot start says so in one line that names the setting and the way out, and leaves nothing running. */
describe('guanxi start refuses', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>
  let database: TestDatabase
  let latin: string
  let old: Server
  let taken: Server

  beforeAll(async () => {
    directory = await temporaryDirectory()
    database = await openTestDatabase('empty')
    latin = await createLatinDatabase(database)
    old = await listen(serveOldPostgres())
    taken = await listen(createServer())
    writeFileSync(join(directory.path, 'file'), '')
    mkdirSync(join(directory.path, 'incomplete', 'cluster'), { recursive: true })
    mkdirSync(join(directory.path, 'lost'))
    writeFileSync(join(directory.path, 'lost', 'embedded.json'), '{"base":"/nonexistent/guanxi"}')
    mkdirSync(join(directory.path, 'foreign', 'cluster', 'global'), { recursive: true })
    writeFileSync(join(directory.path, 'foreign', 'cluster', 'PG_VERSION'), '12\n')
    writeFileSync(join(directory.path, 'foreign', 'cluster', 'global', 'pg_control'), '')
  })

  afterAll(async () => {
    await Promise.all([old, taken].map((server) => new Promise((resolve) => server.close(resolve))))
    await database.close()
    await directory.remove()
  })

  const newer = async () => {
    const client = new pg.Client(database.url)
    await client.connect()
    await client.query(
      'CREATE TABLE schema_version (number int, name text, breaking boolean, applied_at timestamptz); INSERT INTO schema_version VALUES (100000, $$Future$$, true, now())',
    )
    await client.end()
    return { DATABASE_URL: database.url }
  }
  const at = (path: string) => ({ DATA_DIR: join(directory.path, path) })

  const cases: readonly [string, () => Record<string, string> | Promise<Record<string, string>>, RegExp][] = [
    ['a port that is no number', () => ({ PORT: '80x' }), /^PORT "80x" is not a whole number\. It accepts a number from 0 to 65535\.$/],
    ['a taken port', () => ({ PORT: String(portOf(taken)) }), /^PORT \d+ on 127\.0\.0\.1 is taken by another program\. Stop it, or choose another PORT\.$/],
    ['a host of another machine', () => ({ HOST: '192.0.2.1', PORT: '4999' }), /^HOST 192\.0\.2\.1 is no address of this machine/],
    ['production without its secret', () => ({ NODE_ENV: 'production' }), /^GUANXI_SECRET must be set when NODE_ENV is production/],
    ['a weak secret, without printing it', () => ({ GUANXI_SECRET: 'hunter2' }), /^GUANXI_SECRET is too weak: (?!.*hunter2)/],
    [
      'a URL of another kind of Redis, without printing it',
      () => ({ REDIS_URL: 'http://:hunter2@localhost' }),
      /^REDIS_URL is not a URL that begins with redis:\/\/ or rediss:\/\/\. (?!.*hunter2)/,
    ],
    [
      'a URL of another database',
      () => ({ DATABASE_URL: 'mysql://root:hunter2@localhost/x' }),
      /^DATABASE_URL is not a URL that begins with postgres:\/\/ (?!.*hunter2)/,
    ],
    [
      'an unreachable database',
      () => ({ DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' }),
      /^The database at 127\.0\.0\.1:1\/x cannot be used: nothing listens there\. (?!.*hunter2)/,
    ],
    [
      'a database that is not there',
      () => ({ DATABASE_URL: database.url.replace(database.name, 'nowhere') }),
      /^The database at \S+\/nowhere cannot be used: there is no such database/,
    ],
    [
      // What a server says of a stranger depends on how it authenticates: by password, or by trusting this machine.
      'a user that the server does not know',
      () => ({ DATABASE_URL: database.url.replace(/\/\/[^@]*@/, '//stranger:wrong@') }),
      /^The database at \S+ cannot be used: (user or password is wrong|the server does not let this user in)/,
    ],
    [
      'a database server that is too old',
      () => ({ DATABASE_URL: `postgres://u@127.0.0.1:${portOf(old)}/x` }),
      /^The database server is PostgreSQL 14\.9; Guanxi needs 15 or newer/,
    ],
    ['a database that is not UTF-8', () => ({ DATABASE_URL: latin }), /^The database of DATABASE_URL has the encoding LATIN1; Guanxi needs UTF8/],
    ['the schema of a newer version', newer, /^The database was migrated by a newer version of Guanxi \(Future\)/],
    ['a DATA_DIR that is a file', () => at('file'), /^DATA_DIR \S+ cannot be used: it is not a directory/],
    ['a DATA_DIR that cannot be made', () => ({ DATA_DIR: '/proc/guanxi' }), /^DATA_DIR \/proc\/guanxi cannot be used: /],
    ['an incomplete cluster', () => at('incomplete'), /is not a complete PostgreSQL data directory\. Restore it from a backup, or delete/],
    ['a cluster that has gone', () => at('lost'), /says that the database is in \/nonexistent\/guanxi\/cluster, and it is not there/],
    ['a cluster of another version', () => at('foreign'), /was made by PostgreSQL 12 and the embedded one is 18/],
  ]

  test.each(cases)(
    '%s',
    async (_, environment, line) => {
      const { code, stdout, stderr } = await runGuanxi(directory.path, 'start', { PORT: '0', DEMO: '0', ...(await environment()) }).finished
      expect(stderr).toMatch(/^guanxi: [^\n]+\n$/)
      expect(stderr.slice('guanxi: '.length, -1)).toMatch(line)
      expect(code).toBe(1)
      // What was being done, and nothing of a server.
      expect(stdout).toMatch(/^([^\n]+ …\n)*$/)
    },
    10_000,
  )
})

describe('guanxi doctor', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>

  beforeAll(async () => {
    directory = await temporaryDirectory()
    mkdirSync(join(directory.path, '.guanxi'))
    writeFileSync(join(directory.path, '.guanxi', 'secret'), 'x', { mode: 0o644 })
  })

  afterAll(() => directory.remove())

  test('names everything that is wrong, with the way out, and exits with 1', async () => {
    const { code, stdout } = await runGuanxi(directory.path, 'doctor', { PORT: '0', DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' }).finished
    const failed = stdout.split('\n').filter((line) => line.startsWith('fail '))
    expect(failed).toEqual([
      expect.stringMatching(/^fail +data +\S+secret can be read by others; run: chmod 600 /),
      expect.stringMatching(/^fail +database +The database at 127\.0\.0\.1:1\/x cannot be used: nothing listens there/),
    ])
    expect(stdout).not.toContain('hunter2')
    expect(code).toBe(1)
  })

  test('a bad setting is a finding too', async () => {
    const { code, stdout } = await runGuanxi(directory.path, 'doctor', { POOL_SIZE: '1' }).finished
    expect(stdout).toMatch(/^fail +environment +POOL_SIZE "1" is not between 2 and 200/m)
    expect(code).toBe(1)
  })

  test('in production it names what faces a network and is not set, by what the process does', async () => {
    const missing = async (environment: Record<string, string>) => {
      const given = { PORT: '0', DATA_DIR: 'production', GUANXI_SECRET: randomBytes(48).toString('base64'), ...environment }
      const { stdout } = await runGuanxi(directory.path, 'doctor', given).finished
      return [...stdout.matchAll(/^warn +production +(\w+) is not set/gm)].map(([, name]) => name)
    }
    const mail = { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'crm@example.com' }
    const all = {
      DATABASE_URL: 'postgres://u:x@127.0.0.1:1/x',
      TRUSTED_PROXIES: '10.0.0.0/8',
      CORS_ORIGINS: 'https://crm.example.com',
      APP_URL: 'https://crm.example.com',
    }
    expect(await missing({ NODE_ENV: 'production', ...mail })).toEqual(['DATABASE_URL', 'TRUSTED_PROXIES', 'CORS_ORIGINS', 'APP_URL'])
    expect(await missing({ NODE_ENV: 'production', GUANXI_ROLE: 'worker', ...mail })).toEqual(['DATABASE_URL', 'APP_URL'])
    expect(await missing({ NODE_ENV: 'production', GUANXI_ROLE: 'api', ...mail })).toEqual(['DATABASE_URL', 'TRUSTED_PROXIES', 'CORS_ORIGINS'])
    expect(await missing({ NODE_ENV: 'production', ...mail, ...all })).toEqual([])
    expect(await missing({ NODE_ENV: 'development', ...mail })).toEqual([])
  }, 60_000)
})

function portOf(server: Server): number {
  return (server.address() as { port: number }).port
}

function listen(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

async function createLatinDatabase({ url, name }: TestDatabase): Promise<string> {
  const latin = `${name}_latin`
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`CREATE DATABASE ${latin} ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`)
  await client.end()
  return url.replace(name, latin)
}

/** Enough of PostgreSQL's protocol to say that it is version 14: https://www.postgresql.org/docs/current/protocol-flow.html */
function serveOldPostgres(): Server {
  const message = (type: string, body: Buffer) => {
    const head = Buffer.alloc(5)
    head.write(type)
    head.writeInt32BE(body.length + 4, 1)
    return Buffer.concat([head, body])
  }
  const int16 = (value: number) => Buffer.from([value >> 8, value & 255])
  const int32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255])
  const row: Readonly<Record<string, string>> = { version: '14.9', versionNumber: '140009', encoding: 'UTF8', collation: 'C', characterType: 'C', now: '0' }
  const ready = message('Z', Buffer.from('I'))
  const columns = Object.keys(row).map((name) =>
    Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(-1 & 0xffff), int32(-1), int16(0)]),
  )
  const values = Object.values(row).map((value) => Buffer.concat([int32(value.length), Buffer.from(value)]))
  const answer = Buffer.concat([
    message('T', Buffer.concat([int16(columns.length), ...columns])),
    message('D', Buffer.concat([int16(values.length), ...values])),
    message('C', Buffer.from('SELECT 1\0')),
    ready,
  ])
  return createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), ready]))
      socket.on('data', (data) => (data[0] === 'Q'.charCodeAt(0) ? socket.write(answer) : socket.end()))
    })
  })
}

test.each(['audit verify', 'user create a@example.com', 'jobs list', 'jobs drop --all'])('guanxi %s makes no database where there is none', async (command) => {
  const directory = await temporaryDirectory()
  try {
    const run = await runGuanxi(directory.path, command, { DATA_DIR: join(directory.path, 'nowhere') }).finished
    expect(run.code).not.toBe(0)
    expect(run.stderr).toMatch(/^guanxi: There is no database in .*nowhere\. Run the command where the server was started/m)
    expect(existsSync(join(directory.path, 'nowhere'))).toBe(false)
  } finally {
    await directory.remove()
  }
})
