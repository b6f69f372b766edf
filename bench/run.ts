import { parseArgs } from 'node:util'
import pg from 'pg'
import { buildIfNeeded } from '../scripts/build.mjs'
import { benchCases, type ServerName } from './cases.ts'
import { compareAnswers } from './compare.ts'
import { MANAGER_EMAIL } from './data-set.ts'
import { openBenchDatabase } from './database.ts'
import { installIfNeeded } from './install.ts'
import { measureAll, type Plan } from './measure.ts'
import { makeReport, type Report, reportText } from './report.ts'
import type { BenchServer } from './servers/child.ts'
import { startGuanxi } from './servers/guanxi.ts'
import { startLimit, startPostgraphile } from './servers/others.ts'

/** Database connections of each server. */
const POOL = 10

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, connections: { type: 'string', default: '16' } },
})
const plan: Plan = {
  connections: Number(options.connections),
  ...(options.quick ? { rounds: 12, milliseconds: 700, warmUpMilliseconds: 2_500 } : { rounds: 30, milliseconds: 1_500, warmUpMilliseconds: 5_000 }),
}
const progress = (message: string): void => void process.stderr.write(`${message}\n`)

async function bench(): Promise<Report> {
  installIfNeeded(progress)
  buildIfNeeded()
  const database = await openBenchDatabase(process.env.BENCH_DATABASE_URL, (step) => step && progress(`data set: ${step}`))
  const client = new pg.Client({ connectionString: database.url, application_name: 'bench' })
  const running: BenchServer[] = []
  const started = async (starting: Promise<BenchServer>): Promise<BenchServer> => {
    const server = await starting
    running.push(server)
    return server
  }
  try {
    await client.connect()
    const keys = await scopeKeys(client)
    const servers: Record<ServerName, BenchServer> = {
      guanxi: await started(startGuanxi(database.url, POOL)),
      postgraphile: await started(startPostgraphile(database.url, POOL)),
      limit: await started(startLimit(database.url, POOL, keys)),
    }
    const cases = await benchCases(client, keys)
    await compareAnswers(cases, servers)
    progress('answers are the same')
    return makeReport(cases, await measureAll(cases, servers, client, plan, progress), database.serverVersion, plan)
  } finally {
    for (const server of running) await server.stop()
    await client.end()
    await database.close()
  }
}

/** What the scope TEAM_TREE holds for the manager: the members of the team and of those below, and the teams. */
async function scopeKeys(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>(
    `WITH RECURSIVE tree AS (
       SELECT team_id AS id FROM users WHERE email = $1 UNION SELECT t.id FROM teams t JOIN tree ON t.parent_id = tree.id)
     SELECT u.id FROM users u JOIN tree ON tree.id = u.team_id UNION ALL SELECT id FROM tree`,
    [MANAGER_EMAIL],
  )
  return rows.map(({ id }) => id)
}

const report = await bench()
process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : reportText(report)}\n`)
