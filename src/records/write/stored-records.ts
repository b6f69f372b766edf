import type { Action } from '../access/policy.ts'
import { epochsHoldSql, StaleEpochError } from '../epochs.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { imageOf, imageSelectList } from './columns.ts'
import { readExtensions } from './extension-rows.ts'
import type { RecordImage } from './rule.ts'
import type { Authority, Session } from './session.ts'
import { StatementBuilder } from './statement.ts'

/** A record as it stands in this transaction. */
export interface StoredRecord {
  readonly id: string
  readonly version: number
  readonly image: RecordImage
  readonly deleted: boolean
  /** Targets of its links that are in the recycle bin; known only after `withLinks`. */
  readonly gone: ReadonlySet<string>
  /** Targets of its links that the authority cannot read; likewise. */
  readonly unseen: ReadonlySet<string>
  /** Change set of its last write. */
  readonly changeSetId: string | null
  /** The authority may read it; false only where unreadable records were asked for. */
  readonly readable: boolean
  /** The authority may carry out the action on it. */
  readonly allowed: boolean
}

/**
 * `change` keeps others from changing or deleting the row, and still lets them refer to it; `remove` keeps them from referring to
 * it too. Both wait for transactions that hold the row and then read what those committed.
 */
export type LockMode = 'none' | 'change' | 'remove'

const LOCKS: Readonly<Record<LockMode, string>> = { none: '', change: 'FOR NO KEY UPDATE OF t', remove: 'FOR UPDATE OF t' }

export interface ReadOptions {
  readonly action: Action
  readonly lock: LockMode
  readonly deleted: 'EXCLUDE' | 'ONLY' | 'INCLUDE'
  /** Unreadable records are answered too, with `readable: false`. */
  readonly unreadable?: boolean
}

const DELETED = { EXCLUDE: 'AND t.deleted_at IS NULL', ONLY: 'AND t.deleted_at IS NOT NULL', INCLUDE: '' } as const

/** Reads (and locks, in the order of their ids) the records with these ids: one statement, and one for all extension tables. Throws StaleEpochError. */
export async function readRecords(
  session: Session,
  module: ModuleDefinition,
  ids: readonly string[],
  authority: Authority,
  options: ReadOptions,
): Promise<Map<string, StoredRecord>> {
  const builder = new StatementBuilder(session.registry)
  return readWhere(session, module, builder, `t.id = ANY(${builder.bind(ids, 'uuid[]')})`, authority, options)
}

/** Likewise, for the rows that a condition over the alias `t` names. */
export async function readWhere(
  session: Session,
  module: ModuleDefinition,
  builder: StatementBuilder,
  where: string,
  authority: Authority,
  options: ReadOptions,
): Promise<Map<string, StoredRecord>> {
  const { action, lock, deleted, unreadable } = options
  const table = builder.secured(module, 'READ', authority.policy, 't')
  const { condition } = builder.secured(module, action, authority.policy, 't')
  const { epochs } = session.principal.policy
  const current = epochsHoldSql(builder.bind(epochs.schema, 'bigint'), builder.bind(epochs.access, 'bigint'))
  const filter = unreadable ? '' : `AND ${table.condition}`
  const text = `SELECT ${imageSelectList(module, 't')}, t.change_set_id AS "stored.changeSet", ${table.condition} AS "stored.readable", ${condition} AS "stored.allowed", ${current} AS "stored.current"
FROM ${table.from} WHERE ${where} ${DELETED[deleted]} ${filter} ORDER BY t.id ${LOCKS[lock]}`
  const rows = await session.transaction.query<Record<string, unknown>>(builder.statement(text))
  if (rows.some((row) => row['stored.current'] !== true)) throw new StaleEpochError()
  const extensions = await readExtensions(
    session,
    module,
    rows.map((row) => row['id'] as string),
  )
  return new Map(rows.map((row) => [row['id'] as string, storedRecord(module, { ...extensions.get(row['id'] as string), ...row })]))
}

const NOTHING: ReadonlySet<string> = new Set()

function storedRecord(module: ModuleDefinition, row: Record<string, unknown>): StoredRecord {
  const image = imageOf(module, row)
  return {
    id: row['id'] as string,
    version: row['version'] as number,
    image,
    deleted: image['deletedAt'] !== null,
    gone: NOTHING,
    unseen: NOTHING,
    changeSetId: (row['stored.changeSet'] as string | null) ?? null,
    readable: row['stored.readable'] === true,
    allowed: row['stored.allowed'] === true,
  }
}
