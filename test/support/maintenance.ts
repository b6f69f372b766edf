import { systemPrincipal } from '../../src/auth/index.ts'
import { coreModules } from '../../src/entities/index.ts'
import { connectForMaintenance, maintain } from '../../src/records/metadata/index.ts'
import { eventually } from './guanxi-process.ts'
import type { TestServer } from './server.ts'

export interface TestMaintenance {
  /** One round of the work that the server also does by itself every now and then. False: there was nothing to do, or the server is at it. */
  round(): Promise<boolean>
  /** Lets the time of everything that is deleted be over, and purges it. */
  purge(): Promise<void>
  sql<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

export function maintenanceOf({ app, database }: Pick<TestServer, 'app' | 'database'>): TestMaintenance {
  const { kernel, engine } = app
  const sql = <Row>(text: string, values: readonly unknown[] = []) => kernel.database.query<Row>({ text, values, purpose: 'platform' })
  const round = () =>
    maintain({
      database: kernel.database,
      core: coreModules(),
      now: kernel.now,
      announce: async () => void (await engine.refresh()),
      connect: () => connectForMaintenance(database.url),
      retention: 30,
      principal: async () => {
        const [epochs] = await sql<{ schema: number; access: number }>('SELECT schema_epoch::int AS schema, access_epoch::int AS access FROM epoch')
        return systemPrincipal('test', kernel.registry(), epochs as { schema: number; access: number })
      },
    })
  return {
    round,
    sql,
    purge: async () => {
      for (const table of ['custom_module', 'custom_field'])
        await sql(`UPDATE ${table} SET deleted_at = now() - interval '31 days' - (now() - deleted_at) WHERE state = 'deleted'`)
      await eventually(async () => {
        await round()
        const left = await sql(`SELECT FROM custom_module WHERE state = 'deleted' UNION ALL SELECT FROM custom_field WHERE state = 'deleted'`)
        return left.length === 0
      }, 20_000)
    },
  }
}
