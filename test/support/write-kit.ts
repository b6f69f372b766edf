import type { DataSource } from 'typeorm'
import { coreModules } from '../../src/entities/index.ts'
import type { ModuleMetadata } from '../../src/entities/metadata.ts'
import { createRecordIdFactory } from '../../src/lib/record-id.ts'
import { ACTIONS, type AccessPolicy, type Action, type FieldLevel, type Principal, type Scope } from '../../src/records/access/policy.ts'
import { createDataSource, databaseOf } from '../../src/records/data-source.ts'
import type { Database, Statement } from '../../src/records/database.ts'
import { StaleEpochError } from '../../src/records/epochs.ts'
import { compileExpression } from '../../src/records/formula/index.ts'
import { buildRegistry, type Registry } from '../../src/records/registry/index.ts'
import {
  type CheckedChangeSet,
  createWriter,
  type ModuleRule,
  type RecordInput,
  type TargetItem,
  type UpdateItem,
  type UpsertItem,
  type Writer,
} from '../../src/records/write/index.ts'
import { openTestDatabase } from './database.ts'

export const SYSTEM_USER = '00000000-0000-7000-8000-000000000001'

export interface PolicyChanges {
  /** Scope of each action, for all modules or by module name; `null` takes the action away. */
  readonly actions?: Partial<Record<Action, Scope | null>>
  readonly modules?: Readonly<Record<string, Partial<Record<Action, Scope | null>>>>
  /** Level by `module.field`. */
  readonly fields?: Readonly<Record<string, FieldLevel>>
  readonly scopes?: Partial<AccessPolicy['scopes']>
}

/** The write pipeline on a database of its own, with principals made by hand. */
export interface WriteKit {
  readonly registry: Registry
  readonly database: Database
  readonly writer: Writer
  /** The system user: everything is allowed. */
  readonly root: Principal
  /** Record statements since the last call; transaction control is left out. */
  takeStatements(): Statement[]
  /** A principal that acts as this user: everything is allowed unless `changes` says otherwise. Reads the epochs. */
  principal(userId: string, changes?: PolicyChanges): Promise<Principal>
  /** Makes a user, and answers its id. */
  user(name: string, team?: string): Promise<string>
  /** Runs again under the current epochs where they moved on, as the executor does. */
  run<T>(principal: Principal, work: (changes: CheckedChangeSet) => Promise<T>): Promise<T>
  create(principal: Principal, module: string, inputs: readonly RecordInput[]): Promise<readonly string[]>
  update(principal: Principal, module: string, items: readonly UpdateItem[]): Promise<readonly string[]>
  upsert(principal: Principal, module: string, items: readonly UpsertItem[]): Promise<{ ids: readonly string[]; created: readonly boolean[] }>
  remove(principal: Principal, module: string, items: readonly TargetItem[]): Promise<readonly string[]>
  restore(principal: Principal, module: string, items: readonly TargetItem[]): Promise<readonly string[]>
  rows<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** The one row of a record, by physical column. */
  row(module: string, id: string): Promise<Record<string, unknown>>
  /** Rows of all tables that writes touch; equal before and after a write that was refused. */
  counts(): Promise<Record<string, number>>
  close(): Promise<void>
}

const EVERY_SCOPE = { OWN: [], TEAM: [], TEAM_TREE: [], SHARED: [] }

export interface WriteKitOptions {
  readonly rules?: readonly ModuleRule[]
  readonly max?: number
  readonly now?: () => Date
  /** What the registry is made of; core modules unless given. */
  readonly modules?: readonly ModuleMetadata[]
  /** Statements that make what those modules need beyond the migrated schema. */
  readonly ddl?: readonly string[]
}

export async function openWriteKit({
  rules = [],
  max = 10,
  modules = coreModules(),
  ddl = [],
  now = () => new Date(),
}: WriteKitOptions = {}): Promise<WriteKit> {
  const testDatabase = await openTestDatabase()
  const dataSource: DataSource = await createDataSource({ url: testDatabase.url, max }).initialize()
  let statements: Statement[] = []
  const database = databaseOf(dataSource, (statement) => {
    if (statement.purpose === 'record') statements.push(statement)
  })
  const registry = buildRegistry(modules, 1)
  const newId = createRecordIdFactory(() => Date.now())
  const writer = createWriter({ database, registry: () => registry, newId, now, rules, compileExpression })
  const rows = (text: string, values: readonly unknown[] = []) => database.query({ text, values, purpose: 'platform' })

  for (const statement of ddl) await rows(statement)

  const epochs = async () => {
    const [row] = await rows('SELECT schema_epoch::int AS schema, access_epoch::int AS access FROM epoch')
    return row as { schema: number; access: number }
  }
  const principal: WriteKit['principal'] = async (userId, changes = {}) => ({
    kind: userId === SYSTEM_USER ? 'system' : 'user',
    userId,
    via: userId === SYSTEM_USER ? 'test' : 'user',
    roles: [],
    policy: policyOf(registry, await epochs(), changes),
  })
  const root = await principal(SYSTEM_USER)
  let latest = root.policy.epochs
  const options = { pathOf: (index: number) => ['input', index] }
  const origin = { requestId: 'test', cause: 'api' } as const
  const run: WriteKit['run'] = async (who, work) => {
    const under = (known: AccessPolicy['epochs']) => ({ ...who, policy: { ...who.policy, epochs: known } })
    try {
      return await writer.run(under(latest), origin, work)
    } catch (error) {
      if (!(error instanceof StaleEpochError)) throw error
      latest = await epochs()
      return writer.run(under(latest), origin, work)
    }
  }

  return {
    registry,
    database,
    writer,
    root,
    takeStatements() {
      const taken = statements
      statements = []
      return taken
    },
    principal,
    async user(name, team) {
      const [id] = (await run(root, (changes) => changes.create(registry.module('user'), [{ name, ...(team ? { team: { id: team } } : {}) }], options))).ids
      return id as string
    },
    run,
    create: async (who, module, inputs) => (await run(who, (changes) => changes.create(registry.module(module), inputs, options))).ids,
    update: async (who, module, items) => (await run(who, (changes) => changes.update(registry.module(module), items, options))).ids,
    upsert: (who, module, items) => run(who, (changes) => changes.upsert(registry.module(module), items, { pathOf: (index) => ['upserts', index, 'input'] })),
    remove: async (who, module, items) => (await run(who, (changes) => changes.delete(registry.module(module), items, options))).ids,
    restore: async (who, module, items) => (await run(who, (changes) => changes.restore(registry.module(module), items, options))).ids,
    rows: rows as WriteKit['rows'],
    async row(module, id) {
      const [row] = await rows(`SELECT to_jsonb(t) AS row FROM ${registry.module(module).table} t WHERE id = $1`, [id])
      return (row as { row: Record<string, unknown> }).row
    },
    async counts() {
      const tables = [...[...registry.modules.values()].map(({ table }) => table), 'change_set', 'record_history', 'outbox', 'audit_log', 'external_id']
      const [row] = await rows(`SELECT ${tables.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`).join(', ')}`)
      return row as Record<string, number>
    },
    async close() {
      await dataSource.destroy()
      await testDatabase.close()
    },
  }
}

function policyOf(registry: Registry, epochs: AccessPolicy['epochs'], { actions = {}, modules = {}, fields = {}, scopes = {} }: PolicyChanges): AccessPolicy {
  return {
    shape: JSON.stringify({ actions, modules, fields }),
    fingerprint: JSON.stringify({ actions, modules, fields, scopes }),
    viewerValues: [],
    judgedBy: [],
    shared: new Set(),
    merged: { OWN: false, TEAM: false, TEAM_TREE: false },
    epochs,
    scopes: { ...EVERY_SCOPE, ...scopes },
    modules: new Map(
      [...registry.modules.values()].map((module) => {
        const granted = ACTIONS.flatMap((action) => {
          const own = modules[module.name]?.[action]
          const scope = own === undefined ? (actions[action] ?? (actions[action] === null ? null : 'ALL')) : own
          return scope === null ? [] : [[action, [{ scope }]] as const]
        })
        const levels = [...module.fields.keys()].map((name) => [name, fields[`${module.name}.${name}`] ?? 'WRITE'] as const)
        return [module.name, { actions: new Map(granted), fields: new Map(levels), partial: new Map() }]
      }),
    ),
  }
}
