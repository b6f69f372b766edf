import { GuanxiError, say } from '../../errors/index.ts'
import { shownTargets } from '../access/readable-targets.ts'
import { fieldLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { historyKey } from '../registry/index.ts'
import { instantSql } from '../sql-text.ts'
import { differs, outputForm } from './columns.ts'
import type { IssuePath, ParsedInput } from './input.ts'
import { type LinkChange, linkInput, linksAfter } from './links.ts'
import type { ConflictRule } from './request.ts'
import type { RecordImage } from './rule.ts'
import type { Authority, Session } from './session.ts'
import type { StoredRecord } from './stored-records.ts'

/** One item that expects a version. */
export interface Expectation {
  readonly path: IssuePath
  readonly stored: StoredRecord
  readonly ifVersion: number
  /** Null for deletions and restorations, which cannot be merged. */
  readonly parsed: ParsedInput | null
  readonly onConflict: ConflictRule
}

/**
 * Compares versions. Where one moved on: MERGE lets the item pass if nobody changed the fields that it writes since `ifVersion`;
 * else throws VERSION_CONFLICT with `base` (the record at `ifVersion`; null where its history is gone), `yours` and `current`,
 * as far as the caller may read their fields and the records that they refer to.
 */
export async function checkVersions(session: Session, module: ModuleDefinition, expectations: readonly Expectation[], authority: Authority): Promise<void> {
  const moved = expectations.filter(({ stored, ifVersion }) => stored.version !== ifVersion)
  if (moved.length === 0) return
  const histories = await readHistories(session, moved)
  for (const expectation of moved) {
    const base = reconstruct(module, expectation, histories.get(expectation.stored.id) ?? [])
    if (expectation.onConflict === 'MERGE' && base !== null && mergeable(expectation, base)) continue
    throw await conflict(session, module, expectation, base, authority)
  }
}

interface HistoryRow {
  readonly id: string
  readonly version: number
  /** RFC 3339. */
  readonly at: string
  readonly actor: string | null
  readonly changes: Readonly<Record<string, { readonly before: unknown }>>
}

async function readHistories(session: Session, moved: readonly Expectation[]): Promise<Map<string, HistoryRow[]>> {
  const rows = await session.transaction.query<HistoryRow>({
    text: `SELECT h.record_id AS id, h.version, ${instantSql('h.at')} AS at, h.actor_id AS actor, h.changes
FROM record_history h JOIN unnest($1::uuid[], $2::int[]) AS k(id, version) ON h.record_id = k.id AND h.version >= k.version
ORDER BY h.record_id, h.version DESC`,
    values: [moved.map(({ stored }) => stored.id), moved.map(({ ifVersion }) => ifVersion)],
    purpose: 'record',
  })
  const byId = new Map<string, HistoryRow[]>()
  for (const row of rows) byId.set(row.id, [...(byId.get(row.id) ?? []), row])
  return byId
}

/** The record at `ifVersion`: later changes undone, newest first. Null where a version is missing or never was. */
function reconstruct(module: ModuleDefinition, { stored, ifVersion }: Expectation, history: readonly HistoryRow[]): RecordImage | null {
  if (ifVersion < 1 || ifVersion > stored.version || history.length !== stored.version - ifVersion + 1) return null
  const [made] = history.slice(-1)
  const byKey = new Map([...module.storedFields, ...module.linkFields].map((field) => [historyKey(field), field.name]))
  const image: Record<string, unknown> = { ...stored.image, version: ifVersion, updatedAt: made?.at, updatedBy: made?.actor }
  for (const { changes } of history.slice(0, -1)) {
    for (const [key, { before }] of Object.entries(changes)) {
      const name = byKey.get(key)
      if (name !== undefined) image[name] = before
    }
  }
  return image
}

/** None of the fields that the input changes was changed by others, unless to the same value. What was deleted meanwhile is not brought back by the way. */
function mergeable({ parsed, stored }: Expectation, base: RecordImage): boolean {
  if (parsed === null || parsed.externalIds !== undefined || stored.deleted) return false
  return [...parsed.values].every(([field, value]) => {
    if (!changed(field, base, stored.image)) return true
    const current = stored.image[field.name] ?? null
    return !differs(field, current, field.type === 'REFERENCES' ? linksAfter(value as LinkChange, (current ?? []) as readonly string[], stored) : value)
  })
}

function changed(field: FieldDefinition, base: RecordImage, current: RecordImage): boolean {
  return differs(field, outputForm(field, base[field.name]), outputForm(field, current[field.name]))
}

async function conflict(
  session: Session,
  module: ModuleDefinition,
  { path, stored, ifVersion, parsed }: Expectation,
  base: RecordImage | null,
  authority: Authority,
): Promise<GuanxiError> {
  const links = module.linkFields.filter(({ name }) => stored.image[name] !== undefined)
  const readable = [...module.storedFields, ...links].filter((field) => {
    const level = authority.derived ? 'READ' : fieldLevel(authority.policy, module.name, field.name)
    return level === 'READ' || level === 'WRITE'
  })
  const { registry, transaction: executor } = session
  const targets = [base ?? {}, stored.image].flatMap((image) => readable.map((field) => [field, image[field.name]] as const))
  const shownValue = await shownTargets(targets, { policy: authority.policy, registry, executor, checked: true })
  const shown = (image: RecordImage | null) =>
    image && Object.fromEntries(readable.map((field) => [field.name, shownValue(field, outputForm(field, image[field.name]))]))
  const yours =
    parsed &&
    Object.fromEntries(
      [...parsed.values].map(([field, value]) => [field.name, field.type === 'REFERENCES' ? linkInput(value as LinkChange) : outputForm(field, value)]),
    )
  return new GuanxiError(
    'VERSION_CONFLICT',
    say`This ${module.name} is at version ${stored.version}; the change was made for version ${ifVersion}. Read it again and repeat the change.`,
    {
      module: module.name,
      id: stored.id,
      path,
      ifVersion,
      version: stored.version,
      base: shown(base),
      yours,
      current: shown(stored.image),
    },
  )
}
