import { parseArgs } from 'node:util'
import type pg from 'pg'
import { type BenchRequest, benchCases } from './cases.ts'
import { MANAGER_EMAIL } from './data-set.ts'
import { median, startLoadGenerator, wireText } from './measure.ts'
import type { BenchServer } from './servers/child.ts'
import { ask, withServer } from './with-server.ts'

/**
 * What rights cost: the bench's queries by somebody with a row scope, twenty field rules and a predicate, beside the same queries by the administrator, in turns on one server.
 * Ends with exit code 1 where the median ratio of requests a second is below the budget.
 */
const BUDGET = 0.9
/** In the manager's team, so that the scope holds the same 15 of 50 owners. */
const RULED_EMAIL = 'user12@bench.guanxi.local'

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '20' }, milliseconds: { type: 'string', default: '1000' } } })
const rounds = Number(options.rounds)
const milliseconds = Number(options.milliseconds)

/** Twenty fields whose level the role tells by name; the queries read some of them. */
const FIELDS = {
  account: { READ: ['name', 'type', 'phone', 'website', 'description'], HIDDEN: ['taxNumber', 'bankAccount', 'creditLimit'] },
  contact: { READ: ['name', 'email', 'jobTitle', 'department', 'language', 'gender'], MASKED: ['phone', 'mobile', 'wechat'], HIDDEN: ['birthday'] },
  activity: { READ: ['subject', 'startedAt'] },
} as const

const ROLE = {
  key: 'ruled',
  name: 'Ruled',
  grants: [
    { module: 'account', actions: ['READ', 'UPDATE'], scope: 'TEAM_TREE' },
    { module: 'contact', actions: ['READ', 'UPDATE'], scope: 'TEAM_TREE', where: { language: { in: ['en', 'zh'] } } },
    { module: 'activity', actions: ['READ'], scope: 'TEAM_TREE' },
  ],
  fields: Object.entries(FIELDS).flatMap(([module, levels]) =>
    Object.entries(levels).flatMap(([access, names]) => names.map((field: string) => ({ module, field, access }))),
  ),
}

const progress = (message: string): void => void process.stderr.write(`${message}\n`)

async function bench(client: pg.Client, server: BenchServer): Promise<boolean> {
  await makeRuled(client, server)
  return measure(client, server)
}

/** The role, and the one who holds it alone. A role of an earlier run is brought up to date. */
async function makeRuled(client: pg.Client, server: BenchServer): Promise<void> {
  const { key, ...rights } = ROLE
  const { rows } = await client.query('SELECT id FROM role WHERE key = $1', [key])
  const made =
    rows.length === 0
      ? await ask(server, 'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { key } } }', { input: ROLE })
      : await ask(server, 'mutation ($key: String!, $input: UpdateRoleInput!) { updateRole(key: $key, input: $input) { role { key } } }', {
          key,
          input: rights,
        })
  progress(`role: ${JSON.stringify(made)}`)
  await client.query(
    `INSERT INTO user_credential (user_id, password_hash) SELECT r.id, c.password_hash FROM users r, users m JOIN user_credential c ON c.user_id = m.id
      WHERE r.email = $1 AND m.email = $2 ON CONFLICT DO NOTHING`,
    [RULED_EMAIL, MANAGER_EMAIL],
  )
  const { rows: users } = await client.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [RULED_EMAIL])
  await ask(server, 'mutation ($id: ID!, $key: String!) { assignRole(userId: $id, roleKey: $key) { user { id } } }', { id: users[0]?.id, key })
}

/** Answers whether every case keeps to the budget. */
async function measure(client: pg.Client, server: BenchServer): Promise<boolean> {
  // Contacts that both may read.
  const { rows: keys } = await client.query<{ id: string }>('SELECT u.id FROM users u JOIN users r ON r.team_id = u.team_id WHERE r.email = $1', [RULED_EMAIL])
  const cases = await benchCases(
    client,
    keys.map(({ id }) => id),
  )
  const load = startLoadGenerator()
  const seen = new Map<string, Record<'administrator' | 'ruled', number[]>>()
  try {
    for (let round = 0; round <= rounds; round += 1) {
      progress(round === 0 ? 'warming up' : `round ${round} of ${rounds}`)
      const readers = { administrator: await server.headers(), ruled: await server.headers(RULED_EMAIL) }
      for (const { name, requests } of cases) {
        const turns = round % 2 === 0 ? (['administrator', 'ruled'] as const) : (['ruled', 'administrator'] as const)
        for (const reader of turns) {
          const texts = requests.guanxi.map((request: BenchRequest) => wireText(request, readers[reader]))
          const run = await load.run({ port: server.port, requests: texts, connections: 16, milliseconds: round === 0 ? 3_000 : milliseconds })
          if (run.failure !== null) throw new Error(`${name}, ${reader}: ${run.failure}`)
          if (round === 0) continue
          const each = seen.get(name) ?? { administrator: [], ruled: [] }
          each[reader].push(run.count / run.seconds)
          seen.set(name, each)
        }
      }
    }
  } finally {
    load.stop()
  }
  let kept = true
  for (const { name, title } of cases) {
    const { administrator, ruled } = seen.get(name) ?? { administrator: [], ruled: [] }
    const ratio = median(ruled.map((rate, index) => rate / (administrator[index] as number)))
    if (ratio < BUDGET) kept = false
    const rate = (rates: readonly number[]) => median(rates).toFixed(0).padStart(6)
    process.stdout.write(`${title.padEnd(46)} administrator ${rate(administrator)}/s, ruled ${rate(ruled)}/s: ${ratio.toFixed(2)} (budget ${BUDGET})\n`)
  }
  return kept
}

process.exitCode = (await withServer(bench)) ? 0 : 1
