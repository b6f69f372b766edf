import { type Issue, type Message, say } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { moduleNumberOf } from '../../lib/record-id.ts'
import { fieldLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { requireKey, targetOf } from '../registry/index.ts'
import type { ParsedInput } from './input.ts'
import type { ExternalId, PendingReference } from './reference-input.ts'
import type { Authority, Session } from './session.ts'
import { StatementBuilder } from './statement.ts'
import { coerceKey } from './values.ts'

/** Reference of one item, with the module that it is looked up in. */
interface Lookup {
  readonly item: ParsedInput
  readonly reference: PendingReference
  readonly module: ModuleDefinition
  readonly key: string
}

export interface ResolvedReferences {
  /** Home team of each user that was referenced, by id. */
  readonly teamOfUser: ReadonlyMap<string, string | null>
}

/**
 * Puts ids in the place of references, with one statement per module and kind for the whole batch. A target that is missing,
 * deleted or unreadable is one and the same issue NOT_FOUND, whether the record refers to it already or not: only a deleted one that the caller reads may stay,
 * and its link may end. Targets are locked against deletion until the transaction ends.
 */
export async function resolveReferences(session: Session, items: readonly ParsedInput[], authority: Authority, issues: Issue[]): Promise<ResolvedReferences> {
  const groups = new Map<string, Lookup[]>()
  for (const item of items) {
    for (const reference of item.references) {
      const lookup = prepare(session, item, reference, authority, issues)
      if (!lookup) continue
      const group = `${lookup.module.name}/${reference.kind}`
      const members = groups.get(group)
      if (members) members.push(lookup)
      else groups.set(group, [lookup])
    }
  }
  const teamOfUser = new Map<string, string | null>()
  for (const group of groups.values()) await resolveGroup(session, group, authority, issues, teamOfUser)
  return { teamOfUser }
}

function prepare(session: Session, item: ParsedInput, reference: PendingReference, authority: Authority, issues: Issue[]): Lookup | undefined {
  const { field, kind, value, path } = reference
  const refuse = (code: string, message: Message): undefined => {
    issues.push({ path, code, message })
    return undefined
  }
  const target = targetOf(field, session.registry)
  if (kind === 'ref') {
    const named = session.named.get(String(value))
    if (!named) return refuse('NOT_FOUND', say`No create of this operation is named ${JSON.stringify(String(value).slice(0, 60))} by its ref.`)
    if (target && named.module !== target.name)
      return refuse('WRONG_MODULE', say`${field.name} must be a record of ${target.pluralName}; this ref names a record of another module.`)
    settle(item, reference, named.id)
    return undefined
  }
  if (kind === 'externalId') return target && { item, reference, module: target, key: externalKey(value as ExternalId) }
  if (kind !== 'id') {
    if (!target) return undefined
    if (!mayFindBy(authority, target, kind)) return refuse('UNKNOWN_FIELD', say`A record cannot be named by ${JSON.stringify(kind)} here.`)
    const unique = target.fields.get(kind) as FieldDefinition
    requireKey(target, unique)
    const key = coerceKey(unique, value, session.defaults, refuse) ?? undefined
    return key === undefined ? undefined : { item, reference, module: target, key: uniqueKey(unique, key) }
  }
  const id = String(value).toLowerCase()
  const number = moduleNumberOf(id)
  const module = number === null ? undefined : session.registry.byNumber.get(number)
  if (!module) return refuse('NOT_FOUND', notFoundMessage(field))
  if (target && module !== target)
    return refuse('WRONG_MODULE', say`${field.name} must be the id of a record of ${target.pluralName}; this is the id of another module's record.`)
  return { item, reference, module, key: id }
}

/** Puts the target's id where the reference stands. `issue` counts only if the target is new to the record. */
function settle(item: ParsedInput, { field, link }: PendingReference, id: string, issue: Issue | null = null): void {
  if (!link) {
    item.values.set(field, id)
    if (issue) item.ifChanged.set(field, issue)
  } else if (link.member === 'removed') link.change.removed.add(id)
  else if (issue === null || !link.change.added.has(id)) link.change.added.set(id, issue)
}

/** A value that the caller cannot read may not be searched for either. */
export function mayFindBy(authority: Authority, module: ModuleDefinition, unique: string): boolean {
  if (authority.derived) return true
  const level = fieldLevel(authority.policy, module.name, unique)
  return level === 'READ' || level === 'WRITE'
}

export function externalKey({ system, key }: ExternalId): string {
  return JSON.stringify([system, key])
}

/** Form in which two values of a unique field are the same: e-mail addresses whatever their case. */
export function uniqueKey(field: FieldDefinition, value: unknown): string {
  return field.type === 'EMAIL' ? String(value).toLowerCase() : String(value)
}

/** SQL of that form; what the unique index is built on. */
export function uniqueKeySql(field: FieldDefinition, alias: string): string {
  const column = `${quoteIdentifier(alias)}.${quoteIdentifier(field.column)}`
  return field.type === 'EMAIL' ? `lower(${column})` : column
}

function notFoundMessage(field: FieldDefinition): Message {
  return say`${field.name}: there is no such record, or you cannot read it.`
}

async function resolveGroup(
  session: Session,
  group: readonly Lookup[],
  authority: Authority,
  issues: Issue[],
  teamOfUser: Map<string, string | null>,
): Promise<void> {
  const { module, reference } = group[0] as Lookup
  const pending = group.filter((lookup) => !resolveLocally(session, lookup, authority, teamOfUser))
  if (pending.length === 0) return
  const found = await lookUp(session, module, reference.kind, [...new Set(pending.map(({ key }) => key))], authority, teamOfUser)
  for (const { item, reference: pendingReference, key } of pending) {
    const { field, path } = pendingReference
    const target = found.get(key)
    if (target?.deleted === false) {
      settle(item, pendingReference, target.id)
      continue
    }
    const issue: Issue = { path, code: 'NOT_FOUND', message: notFoundMessage(field) }
    // Only ids find what is deleted. Of what the caller does not read nothing is told before the record itself is looked at.
    if (target) settle(item, pendingReference, key, issue)
    else issues.push(issue)
  }
}

/** Records made by this change set in the same batch are not in the table yet; the acting user needs no look-up. */
function resolveLocally(session: Session, { item, reference, key, module }: Lookup, authority: Authority, teamOfUser: Map<string, string | null>): boolean {
  if (reference.kind !== 'id') return false
  const self = module.name === 'user' && key === session.principal.userId
  if (!self && !authority.derived) return false
  if (self) teamOfUser.set(key, session.actorTeam)
  settle(item, reference, key)
  return true
}

interface Found {
  readonly id: string
  /** In the recycle bin; only ids find what is there. */
  readonly deleted: boolean
}

async function lookUp(
  session: Session,
  module: ModuleDefinition,
  kind: string,
  keys: readonly string[],
  authority: Authority,
  teamOfUser: Map<string, string | null>,
): Promise<Map<string, Found>> {
  const builder = new StatementBuilder(session.registry)
  const table = builder.secured(module, 'READ', authority.policy, 't')
  const team = module.name === 'user' ? ', t.team_id AS team' : ''
  const readable = `${table.condition} ORDER BY t.id FOR KEY SHARE OF t`
  const live = `t.deleted_at IS NULL AND ${readable}`
  let text: string
  if (kind === 'id')
    text = `SELECT t.id::text AS key, t.id, t.deleted_at IS NOT NULL AS deleted${team} FROM ${table.from} WHERE t.id = ANY(${builder.bind(keys, 'uuid[]')}) AND ${readable}`
  else if (kind === 'externalId') {
    const pairs = keys.map((key) => JSON.parse(key) as [string, string])
    const wanted = `unnest(${builder.bind(
      pairs.map(([system]) => system),
      'text[]',
    )}, ${builder.bind(
      pairs.map(([, key]) => key),
      'text[]',
    )})`
    text = `SELECT json_build_array(k.system, k.key)::text AS key, t.id${team} FROM ${wanted} AS k(system, key) JOIN external_id e ON e.module_number = ${builder.bind(module.number, 'int')} AND e.system = k.system AND e.key = k.key JOIN ${table.from} ON t.id = e.record_id WHERE ${live}`
  } else {
    const unique = uniqueKeySql(module.fields.get(kind) as FieldDefinition, 't')
    text = `SELECT ${unique}::text AS key, t.id${team} FROM ${table.from} WHERE ${unique} = ANY(${builder.bind(keys, (module.fields.get(kind) as FieldDefinition).type === 'INTEGER' ? 'int[]' : 'text[]')}) AND ${live}`
  }
  const rows = await session.transaction.query<{ key: string; id: string; deleted?: boolean; team?: string | null }>(builder.statement(text))
  const found = new Map<string, Found>()
  for (const { key, id, deleted = false, team: home } of rows) {
    found.set(kind === 'externalId' ? JSON.stringify(JSON.parse(key)) : key, { id, deleted })
    if (home !== undefined && !deleted) teamOfUser.set(id, home)
  }
  return found
}
