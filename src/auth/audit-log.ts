import { GuanxiError, type Issue, say, validationFailed } from '../errors/index.ts'
import { canonicalId } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import { isEverShown } from '../records/access/secured.ts'
import { type AuditOrigin, type EntryFilter, type ReadLog, type RecordedChange, readChanges, readEntries, type StoredEntry } from '../records/audit/index.ts'
import type { Database } from '../records/database.ts'
import { decodeCursor, encodeCursor } from '../records/read/cursor.ts'
import { isSensitive } from '../records/read/index.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { requireAdministrator } from './administrator.ts'

/** Which entries; what is left out or null is not asked. */
export interface AuditFilter extends Omit<EntryFilter, 'moduleNumber'> {
  readonly module?: string | null
}

export interface AuditPage {
  /** From the newest on. */
  readonly entries: readonly (StoredEntry & { readonly cursor: string })[]
  readonly hasNextPage: boolean
}

/** The audit log as it is read. Administrators only; throws FORBIDDEN for others. */
export interface AuditLog {
  /** Throws VALIDATION_FAILED, LIMIT_EXCEEDED and CURSOR_INVALID. */
  page(principal: Principal, filter: AuditFilter, first: number, after: string | null): Promise<AuditPage>
  /** What record mutations did to fields, for each entry, as far as the reader may read records and fields; of the first records of an entry (`RECORDS_SHOWN`). */
  changes(principal: Principal, entries: readonly StoredEntry[], origin: AuditOrigin): Promise<readonly (readonly RecordedChange[])[]>
  /** Names of an entry's fields, `account.name`, but for those that are hidden from the reader or gone. */
  fieldNames(principal: Principal, entry: StoredEntry): readonly string[]
}

export interface AuditLogOptions {
  readonly database: Database
  readonly registry: () => Registry
  /** Secret that authenticates cursors. */
  readonly cursorKey: string
  /** Takes down who has read sensitive fields here. */
  readonly reads: Pick<ReadLog, 'note' | 'flush'>
}

const MOST_ENTRIES = 500
/** Records of an entry whose changes are shown; a record's own history shows those of the others. */
export const RECORDS_SHOWN = 100
const FINGERPRINT = 'auditLog:'

export function createAuditLog({ database, registry, cursorKey, reads }: AuditLogOptions): AuditLog {
  return {
    page: async (principal, filter, first, after) => {
      requireAdministrator(principal)
      checkFirst(first)
      const before = after === null ? null : (decodeCursor(after, FINGERPRINT, 1, { cursorKey, decodedCursors: new Map() })[0] ?? null)
      // What this process has noted so far belongs to the answer.
      await reads.flush()
      const found = await readEntries(database, storedFilter(filter, registry()), before, first + 1)
      const entries = found.slice(0, first).map((entry) => ({ ...entry, cursor: encodeCursor([entry.sequence], FINGERPRINT, cursorKey) }))
      return { entries, hasNextPage: found.length > first }
    },
    changes: async (principal, entries, origin) => {
      requireAdministrator(principal)
      const current = registry()
      const results = new Map<StoredEntry, readonly RecordedChange[]>()
      for (const [module, group] of byModule(entries, current)) {
        const asked = group.map(({ changeSetId, recordIds }) => ({ changeSetId: changeSetId as string, recordIds: recordIds.slice(0, RECORDS_SHOWN) }))
        const found = await readChanges(database, principal, current, module, asked)
        const shown: RecordedChange[] = []
        for (const entry of group) {
          const ids = new Set(entry.recordIds.slice(0, RECORDS_SHOWN))
          const own = (found.get(entry.changeSetId as string) ?? []).filter(({ recordId }) => ids.has(recordId))
          shown.push(...own.filter(({ field }) => isSensitive(field, current)))
          results.set(entry, own)
        }
        if (shown.length > 0) await noteReads(principal, module, shown, origin)
      }
      return entries.map((entry) => results.get(entry) ?? [])
    },
    fieldNames: (principal, { changedFields, moduleNumber }) => {
      const module = moduleNumber === null ? undefined : registry().byNumber.get(moduleNumber)
      // Changes of metadata name what they touched; no other rows without a module name anything.
      if (!module) return moduleNumber === null ? changedFields : []
      const byId = new Map([...module.fields.values()].map((field) => [field.id, field]))
      return changedFields.flatMap((id) => {
        const field = byId.get(id)
        if (!field) return id === `${module.name}.externalIds` ? [id] : []
        return isEverShown(principal.policy, module.name, field.name) ? [nameOf(field)] : []
      })
    },
  }

  function noteReads(principal: Principal, module: ModuleDefinition, shown: readonly RecordedChange[], origin: AuditOrigin): Promise<void> | undefined {
    const fields = [...new Set(shown.map(({ field }) => field.id))]
    const ids = new Set(shown.map(({ recordId }) => recordId))
    return reads.note([{ principal, verb: 'read', module, fields, ids, asked: null }], origin)
  }
}

function nameOf({ module, name }: FieldDefinition): string {
  return `${module}.${name}`
}

function checkFirst(first: number): void {
  if (first < 1) throw validationFailed([{ path: ['first'], code: 'PAGE', message: say`first must be at least 1; ${first} was asked.` }])
  if (first > MOST_ENTRIES)
    throw new GuanxiError('LIMIT_EXCEEDED', say`first may be at most ${MOST_ENTRIES}; ${first} was asked. Page with after.`, {
      limit: MOST_ENTRIES,
      asked: first,
    })
}

function storedFilter({ module: name, ...filter }: AuditFilter, { modules }: Registry): EntryFilter {
  const issues: Issue[] = (['actorId', 'recordId', 'changeSetId'] as const)
    .filter((member) => filter[member] != null && canonicalId(filter[member] as string) === null)
    .map((member) => ({ path: ['filter', member], code: 'ID', message: say`${member} is an id, in the form of a UUID.` }))
  for (const member of ['action', 'result'] as const) {
    if (filter[member]?.includes('\0'))
      issues.push({ path: ['filter', member], code: 'TEXT', message: say`${member} holds the character NUL, which no text has.` })
  }
  const module = name == null ? undefined : modules.get(name)
  if (name != null && !module) issues.push({ path: ['filter', 'module'], code: 'MODULE', message: say`There is no module named ${name}.` })
  if (issues.length > 0) throw validationFailed(issues)
  return { ...filter, moduleNumber: module?.number ?? null }
}

/** Entries of record mutations, by their modules; those of modules that are deleted are left out. */
function byModule(entries: readonly StoredEntry[], { byNumber }: Registry): ReadonlyMap<ModuleDefinition, readonly StoredEntry[]> {
  const groups = new Map<ModuleDefinition, StoredEntry[]>()
  for (const entry of entries) {
    const module = entry.moduleNumber === null || entry.changeSetId === null ? undefined : byNumber.get(entry.moduleNumber)
    if (!module) continue
    const known = groups.get(module)
    if (known) known.push(entry)
    else groups.set(module, [entry])
  }
  return groups
}
