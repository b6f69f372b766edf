import { GuanxiError, notFound, say, validationFailed } from '../errors/index.ts'
import { canonicalId, isUuid, moduleNumberOf } from '../lib/record-id.ts'
import { bindValues } from '../records/access/bind-values.ts'
import type { Principal } from '../records/access/policy.ts'
import { secured } from '../records/access/secured.ts'
import { liveShareSql, withoutShares } from '../records/access/shares.ts'
import { actorOf, writeEntries } from '../records/audit/index.ts'
import type { Database, Executor, Transaction } from '../records/database.ts'
import { epochsHold, StaleEpochError } from '../records/epochs.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { lockCurrentRights } from './access-epoch.ts'
import type { RequestOrigin } from './audit.ts'
import { checkShare, readableModule, type ShareInput } from './share-input.ts'
import { deleteEndedShares, deleteShare, findShare, putShare, readShare, SHARE_COLUMNS, type StoredShare } from './share-store.ts'

/** A share, with the name of its record's module. */
export interface Share extends StoredShare {
  readonly module: string
}

/**
 * Records shared with users and teams. A share adds the record to those that the grantee's roles let him read (and update, at the level WRITE), as far as they let him do
 * that with records of the module at all; it opens no field, and never lets anybody delete, restore or export. Who may update a record by roles shares it, and ends its shares.
 */
export interface Shares {
  /** A second share with the same grantee replaces the first, also as to whose it is. Throws VALIDATION_FAILED, NOT_FOUND for what the caller cannot read, FORBIDDEN for what the caller cannot update. */
  share(principal: Principal, input: ShareInput, origin: RequestOrigin): Promise<Share>
  /** Answers the share as it was. Throws NOT_FOUND and FORBIDDEN. */
  unshare(principal: Principal, id: string, origin: RequestOrigin): Promise<Share>
  /** Shares of a record that the caller may read, oldest first; those that have ended are left out. Throws VALIDATION_FAILED and NOT_FOUND. */
  list(principal: Principal, module: string, recordId: string): Promise<readonly Share[]>
}

export interface SharesOptions {
  readonly database: Database
  readonly registry: () => Registry
  readonly now: () => Date
}

export function createShares({ database, registry, now }: SharesOptions): Shares {
  /** Writes what has happened to a share into the audit of its record. */
  async function note(transaction: Transaction, principal: Principal, verb: string, share: Share, change: object, origin: RequestOrigin): Promise<void> {
    const { id, module, moduleNumber, recordId, userId, teamId } = share
    const details = { share: id, ...(userId === null ? { team: teamId } : { user: userId }), ...change }
    await writeEntries(
      transaction,
      [{ at: now(), ...actorOf(principal), action: `${module}.${verb}`, moduleNumber, recordIds: [recordId], origin, result: 'ok', details }],
      'platform',
    )
  }

  return {
    share: (principal, input, origin) =>
      database.transaction(async (transaction) => {
        await lockCurrentRights(transaction, principal)
        const current = registry()
        const module = readableModule(input.module, principal, current, ['input', 'module'])
        const recordId = input.recordId.toLowerCase()
        const rights = await rightsOn(transaction, principal, module, recordId, current)
        if (!rights || rights.deleted) throw notFound(module.name)
        if (!rights.updatable) throw forbidden(module)
        await checkShare(transaction, principal, current, module, input)
        await deleteEndedShares(transaction)
        const { level, expiresAt = null } = input
        const grantee = { userId: input.userId?.toLowerCase() ?? null, teamId: input.teamId?.toLowerCase() ?? null }
        const wanted = { moduleNumber: module.number, recordId, ...grantee, level, expiresAt, at: now(), createdBy: principal.userId }
        const before = await findShare(transaction, wanted)
        const stored = await putShare(transaction, wanted)
        if (!stored)
          throw validationFailed([{ path: ['input', 'expiresAt'], code: 'PAST', message: say`This time has passed; a share ends later than it begins.` }])
        const share = { ...stored, module: module.name }
        await note(transaction, principal, 'share', share, { before: termsOf(before), after: termsOf(share) }, origin)
        return share
      }),

    unshare: (principal, id, origin) =>
      database.transaction(async (transaction) => {
        await lockCurrentRights(transaction, principal)
        const current = registry()
        const stored = canonicalId(id) !== null ? await readShare(transaction, id) : undefined
        const module = stored && current.byNumber.get(stored.moduleNumber)
        const rights = module && (await rightsOn(transaction, principal, module, stored.recordId, current))
        if (!rights) throw notFound(say`share`)
        if (!rights.updatable) throw forbidden(module)
        await deleteShare(transaction, stored.id)
        const share = { ...stored, module: module.name }
        await note(transaction, principal, 'unshare', share, { before: termsOf(share), after: null }, origin)
        return share
      }),

    list: async (principal, name, recordId) => {
      const module = readableModule(name, principal, registry(), ['module'])
      const id = recordId.toLowerCase()
      const rights = await rightsOn(database, principal, module, id, registry())
      if (!(await epochsHold(database, principal))) throw new StaleEpochError()
      if (!rights) throw notFound(module.name)
      const shares = await database.query<StoredShare>({
        text: `SELECT ${SHARE_COLUMNS} FROM record_share s WHERE s.record_id = $1 AND ${liveShareSql('s')} ORDER BY s.created_at, s.id`,
        values: [id],
        purpose: 'platform',
      })
      return shares.map((share) => ({ ...share, module: module.name }))
    },
  }
}

interface RecordRights {
  /** By roles: what others have shared does not count. */
  readonly updatable: boolean
  readonly deleted: boolean
}

/** What the caller may do with a record; undefined for one that does not exist or that he cannot read. */
async function rightsOn(
  executor: Executor,
  { policy }: Principal,
  module: ModuleDefinition,
  id: string,
  registry: Registry,
): Promise<RecordRights | undefined> {
  if (!isUuid(id) || moduleNumberOf(id) !== module.number) return undefined
  const values: unknown[] = [id]
  const bind = bindValues(values, policy)
  const table = secured(module, 'READ', policy, 't', registry, bind)
  const { condition } = secured(module, 'UPDATE', withoutShares(policy), 't', registry, bind)
  const [row] = await executor.query<RecordRights>({
    text: `SELECT coalesce(${condition}, FALSE) AS updatable, t.deleted_at IS NOT NULL AS deleted FROM ${table.from} WHERE t.id = $1 AND ${table.condition}`,
    values,
    purpose: 'platform',
  })
  return row
}

function forbidden(module: ModuleDefinition): GuanxiError {
  return new GuanxiError('FORBIDDEN', say`Only who may update this ${module.name} by a role of their own may share it or end its shares.`, {
    module: module.name,
    action: 'UPDATE',
  })
}

function termsOf(share: StoredShare | undefined): object | null {
  return share ? { level: share.level, expiresAt: share.expiresAt?.toISOString() ?? null } : null
}
