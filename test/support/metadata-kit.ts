import { systemPrincipal } from '../../src/auth/system-principal.ts'
import { coreModules } from '../../src/entities/index.ts'
import type { Epochs, Principal } from '../../src/records/access/policy.ts'
import { createDataSource, databaseOf } from '../../src/records/data-source.ts'
import type { Database } from '../../src/records/database.ts'
import { READ_EPOCHS_SQL } from '../../src/records/epochs.ts'
import { connectForMaintenance, createMetadata, loadRegistry, type Metadata, maintain } from '../../src/records/metadata/index.ts'

/** Changes of metadata without a server: nothing but what the test asks for touches the database. */
export interface MetadataKit {
  readonly database: Database
  readonly metadata: Metadata
  principal(): Promise<Principal>
  /** One round of the work that a server does beside its requests. Answers whether there was some. */
  maintain(): Promise<boolean>
  close(): Promise<void>
}

/** What a change is called with besides its own arguments. */
export const CALL = { origin: { requestId: 'test', client: null, ip: null } }

const NOBODY_S_NAMES = { types: new Set<string>(), queries: new Set<string>(), mutations: new Set<string>(), subscriptions: new Set<string>() }

export interface MetadataKitOptions {
  /** Milliseconds for which a change waits for tables that are in use. */
  readonly patience?: number
  /** Called before each statement outside of transactions; it is sent once that resolves. */
  readonly before?: (text: string) => Promise<void>
}

/** Opens a database that is migrated. */
export async function openMetadata(url: string, { patience, before }: MetadataKitOptions = {}): Promise<MetadataKit> {
  const dataSource = await createDataSource({ url, max: 2 }).initialize()
  const real = databaseOf(dataSource)
  const query: Database['query'] = async (statement) => {
    await before?.(statement.text)
    return real.query(statement)
  }
  const database: Database = { ...real, query }
  const services = { database, core: coreModules(), now: () => new Date(), announce: async () => {}, ...(patience !== undefined && { patience }) }
  const principal = async (): Promise<Principal> => {
    const [epochs] = await database.query<Epochs>({ text: READ_EPOCHS_SQL, purpose: 'platform' })
    return systemPrincipal('test', await loadRegistry(database, coreModules()), epochs as Epochs)
  }
  return {
    database,
    metadata: createMetadata({ ...services, authorize: () => {}, kernel: () => NOBODY_S_NAMES, organisationCurrency: 'USD', writeUsage: async () => {} }),
    principal,
    maintain: () => maintain({ ...services, connect: () => connectForMaintenance(url), retention: 30, principal }),
    close: () => dataSource.destroy(),
  }
}

/** Carries out a change: a method of Metadata with its arguments, or `maintain`. */
export async function carryOut(kit: MetadataKit, [method, ...args]: readonly unknown[]): Promise<void> {
  if (method === 'maintain') {
    await kit.maintain()
    return
  }
  const change = kit.metadata[method as keyof Metadata] as (principal: Principal, ...more: unknown[]) => Promise<unknown>
  await change(await kit.principal(), ...args, CALL)
}
