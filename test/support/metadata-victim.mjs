/**
 * Carries out one change of metadata and kills itself, as kill -9 does, behind the n-th statement: for tests of what is left then. The environment gives
 * DATABASE_URL, CHANGE (a method of Metadata and its arguments as JSON), KILL_AFTER (0: not at all).
 */
import '../../scripts/typescript.mjs'

const { createKernel } = await import('../../src/app.ts')
const { coreModules } = await import('../../src/entities/index.ts')
const { systemPrincipal } = await import('../../src/auth/index.ts')
const { createMetadata } = await import('../../src/records/metadata/index.ts')

const killAfter = Number(process.env.KILL_AFTER)
let armed = false
let statements = 0
const kernel = await createKernel(
  { poolSize: 2, organisationCurrency: undefined },
  {
    databaseUrl: process.env.DATABASE_URL,
    secrets: [],
    observe: () => {
      if (!armed) return
      statements += 1
      if (statements === killAfter) process.kill(process.pid, 'SIGKILL')
    },
  },
)
const nothing = new Set()
const metadata = createMetadata({
  database: kernel.database,
  core: coreModules(),
  now: () => new Date(),
  authorize: () => {},
  kernel: () => ({ types: nothing, queries: nothing, mutations: nothing, subscriptions: nothing }),
  organisationCurrency: 'USD',
  writeUsage: async () => {},
  announce: async () => {},
})
const [epochs] = await kernel.database.query({ text: 'SELECT schema_epoch::int AS schema, access_epoch::int AS access FROM epoch', purpose: 'platform' })
const principal = systemPrincipal('test', kernel.registry(), epochs)
const [method, ...args] = JSON.parse(process.env.CHANGE)
armed = true
await metadata[method](principal, ...args, { origin: { requestId: 'victim', client: null, ip: null } })
process.stdout.write(`${statements}\n`)
process.exit(0)
