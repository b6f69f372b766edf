import { GuanxiError, type Issue, say } from '../../errors/index.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import type { Draft } from './draft.ts'
import type { ParsedInput } from './input.ts'
import type { ExternalId } from './reference-input.ts'
import { externalKey } from './references.ts'
import type { Session } from './session.ts'
import { StatementBuilder } from './statement.ts'
import { isKnownModule, isUntold } from './untold-fields.ts'

/**
 * Input `externalIds` sets the keys of the systems that it names; keys of other systems stay, so that two integrations never
 * undo each other. Null clears all.
 */
export async function planExternalIds(session: Session, pairs: readonly { readonly draft: Draft; readonly parsed: ParsedInput }[]): Promise<void> {
  const named = pairs.filter(({ parsed }) => parsed.externalIds !== undefined)
  if (named.length === 0) return
  const existing = named.filter(({ draft }) => draft.before !== null).map(({ draft }) => draft.id)
  const current = existing.length > 0 ? await readExternalIds(session, existing) : new Map<string, ExternalId[]>()
  for (const { draft, parsed } of named) {
    const before = current.get(draft.id) ?? []
    const input = parsed.externalIds ?? []
    const systems = new Set(input.map(({ system }) => system))
    const kept = parsed.externalIds === null ? [] : before.filter(({ system }) => !systems.has(system))
    const after = sorted([...kept, ...new Map(input.map((id) => [externalKey(id), id])).values()])
    if (JSON.stringify(sorted(before)) !== JSON.stringify(after)) draft.externalIds = { before: sorted(before), after }
  }
}

/** Notes an external id that is taken together with the record's row. */
export function claimExternalId(draft: Draft, id: ExternalId): void {
  const after = draft.externalIds?.after ?? []
  draft.externalIds = { before: [], after: sorted([...difference(after, [id]), id]), claimed: [id] }
}

function sorted(ids: readonly ExternalId[]): ExternalId[] {
  return ids.map(({ system, key }) => ({ system, key })).sort((a, b) => (externalKey(a) < externalKey(b) ? -1 : 1))
}

async function readExternalIds(session: Session, ids: readonly string[]): Promise<Map<string, ExternalId[]>> {
  const rows = await session.transaction.query<{ id: string; system: string; key: string }>({
    text: 'SELECT record_id AS id, system, key FROM external_id WHERE record_id = ANY($1::uuid[])',
    values: [ids],
    purpose: 'record',
  })
  const byId = new Map<string, ExternalId[]>()
  for (const { id, system, key } of rows) byId.set(id, [...(byId.get(id) ?? []), { system, key }])
  return byId
}

/**
 * Writes planned external ids of a batch with one statement (two where old ones go). A key that an undeleted record holds is a
 * DUPLICATE; one of a deleted record passes over to the new holder.
 */
export async function writeExternalIds(session: Session, module: ModuleDefinition, drafts: readonly Draft[], issues: Issue[]): Promise<void> {
  const planned = drafts.flatMap((draft) => (draft.externalIds ? [{ draft, claimed: [] as readonly ExternalId[], ...draft.externalIds }] : []))
  if (planned.length === 0) return
  const gone = planned.flatMap(({ draft, before, after }) => difference(before, after).map((id) => ({ ...id, draft })))
  const added = planned.flatMap(({ draft, before, after, claimed }) => difference(after, [...before, ...claimed]).map((id) => ({ ...id, draft })))
  if (gone.length > 0) await removeAll(session, module, gone)
  if (added.length === 0) return
  const holders = await addAll(session, module, added)
  for (const { draft, system, key } of added) {
    if (holders.get(externalKey({ system, key })) !== draft.id) issues.push(takenIssue(module, draft.path, { system, key }))
  }
}

function difference(from: readonly ExternalId[], without: readonly ExternalId[]): ExternalId[] {
  const keys = new Set(without.map(externalKey))
  return from.filter((id) => !keys.has(externalKey(id)))
}

type Assigned = ExternalId & { readonly draft: Draft }

async function removeAll(session: Session, module: ModuleDefinition, gone: readonly Assigned[]): Promise<void> {
  await session.transaction.query({
    text: 'DELETE FROM external_id e USING unnest($2::text[], $3::text[], $4::uuid[]) AS k(system, key, id) WHERE e.module_number = $1 AND e.system = k.system AND e.key = k.key AND e.record_id = k.id',
    values: [module.number, gone.map(({ system }) => system), gone.map(({ key }) => key), gone.map(({ draft }) => draft.id)],
    purpose: 'record',
  })
}

async function addAll(session: Session, module: ModuleDefinition, added: readonly Assigned[]): Promise<Map<string, string>> {
  const builder = new StatementBuilder(session.registry)
  const table = builder.secured(module, 'READ', session.unrestricted, 't')
  const number = builder.bind(module.number, 'int')
  const unique = [...new Map(added.map((id) => [externalKey(id), id])).values()].sort((a, b) => (externalKey(a) < externalKey(b) ? -1 : 1))
  const systems = builder.bind(
    unique.map(({ system }) => system),
    'text[]',
  )
  const keys = builder.bind(
    unique.map(({ key }) => key),
    'text[]',
  )
  const ids = builder.bind(
    unique.map(({ draft }) => draft.id),
    'uuid[]',
  )
  const rows = await session.transaction.query<{ system: string; key: string; id: string }>(
    builder.statement(`INSERT INTO external_id AS e (module_number, system, key, record_id)
SELECT ${number}, k.system, k.key, k.id FROM unnest(${systems}, ${keys}, ${ids}) AS k(system, key, id)
ON CONFLICT (module_number, system, key) DO UPDATE SET record_id = EXCLUDED.record_id
WHERE e.record_id = EXCLUDED.record_id OR EXISTS (SELECT FROM ${table.from} WHERE t.id = e.record_id AND t.deleted_at IS NOT NULL)
RETURNING e.system, e.key, e.record_id AS id`),
  )
  return new Map(rows.map(({ system, key, id }) => [externalKey({ system, key }), id]))
}

export function takenIssue(module: ModuleDefinition, path: readonly (string | number)[], { system, key }: ExternalId): Issue {
  return {
    path: [...path, 'externalIds'],
    code: 'DUPLICATE',
    message: say`Another ${module.name} already has the key ${JSON.stringify(key.slice(0, 60))} of system ${JSON.stringify(system.slice(0, 60))}.`,
  }
}

/** DUPLICATE over the fields that the issues name. */
export function duplicate({ principal }: Session, module: ModuleDefinition, issues: readonly Issue[]): GuanxiError {
  const fields = [...new Set(issues.filter((issue) => !isUntold(issue)).map(({ path }) => String(path.at(-1))))]
  const message = issues[0]?.message ?? say`Another ${module.name} already has this value.`
  return new GuanxiError('DUPLICATE', message, { module: isKnownModule(principal, module) ? module.name : null, fields, issues })
}
