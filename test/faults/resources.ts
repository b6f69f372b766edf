import { eventually } from '../support/guanxi-process.ts'
import { exchange } from './exchange.ts'
import { heldBy } from './server-process.ts'
import { type World, withClient } from './world.ts'

/** What one process of the server holds here and in the database. */
export interface Resources {
  readonly files: number
  readonly children: number
  readonly connections: number
}

/** Requests at the same time that open all connections of the pool. */
const WARM = 24

async function measure(pid: number, databaseUrl: string): Promise<Resources> {
  const connections = await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    )
    return rows[0].count as number
  })
  return { ...heldBy(pid), connections }
}

/** What a process holds that has answered many at the same time. */
export async function warmResources(url: string, pid: number, { actors, databaseUrl }: World): Promise<Resources> {
  const [actor] = actors
  const ask = (index: number) =>
    exchange({
      url,
      token: actor?.token ?? '',
      query: '{ accounts { nodes { id } } }',
      variables: {},
      requestId: `warm-${index}`,
      patience: 10_000,
    })
  await Promise.all(Array.from({ length: WARM }, (_, index) => ask(index)))
  return measure(pid, databaseUrl)
}

/** I8: what it holds more than before (5 %), when there was time to let go of it (`within`, milliseconds). `connections: false`: does not look at the database's side. */
export async function leftOver(before: Resources, pid: number, { databaseUrl }: World, { connections = true, within = 30_000 } = {}): Promise<string[]> {
  const most = (count: number) => Math.ceil(count * 1.05)
  let after = before
  const isFine = (): boolean =>
    after.files <= most(before.files) && after.children <= before.children && (!connections || after.connections <= most(before.connections))
  try {
    await eventually(async () => {
      after = await measure(pid, databaseUrl)
      return isFine()
    }, within)
    return []
  } catch {
    return [`I8: ${JSON.stringify(after)} in place of ${JSON.stringify(before)}`]
  }
}

/** Connections of a process's pool by their state, as its metrics tell. */
export async function poolOf(url: string): Promise<Readonly<Record<'idle' | 'busy' | 'waiting', number>>> {
  const response = await fetch(`${url}/metrics`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(10_000) })
  const text = await response.text()
  const read = (state: string) => Number(new RegExp(`^guanxi_pool_connections\\{state="${state}"\\} (\\d+)`, 'm').exec(text)?.[1])
  return { idle: read('idle'), busy: read('busy'), waiting: read('waiting') }
}
