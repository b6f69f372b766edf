import { type Message, say } from '../errors/index.ts'
import { canonicalId, moduleNumberOf } from '../lib/record-id.ts'
import { bindValues } from '../records/access/bind-values.ts'
import type { AccessPolicy, Action, FieldLevel, Principal } from '../records/access/policy.ts'
import { keptFields } from '../records/access/predicate-fields.ts'
import { readableSql, writableSql } from '../records/access/row-levels.ts'
import { fieldLevel, isAllowed, isUnavailable, partialLevel, secured } from '../records/access/secured.ts'
import { withoutShares } from '../records/access/shares.ts'
import type { Database } from '../records/database.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { targetOf } from '../records/registry/index.ts'
import { requireAdministrator } from './administrator.ts'
import type { Authenticator } from './authenticator.ts'
import { fieldSentences, grantSentences, hasPredicate, levelSentence, reachSentence, roleSources, rolesSentence } from './explain-sentences.ts'
import { shareSentence } from './explain-shares.ts'
import { readRights } from './rights.ts'

export interface AccessQuestion {
  readonly userId: string
  readonly module: string
  readonly action: Action
  readonly recordId?: string | null
  readonly field?: string | null
}

export interface AccessExplanation {
  readonly allowed: boolean
  /** The chain that leads to the verdict: user → role → inherited role → grant → scope → record → field level. */
  readonly reasons: readonly Message[]
}

/** What the engine would decide now, and why. Administrators only; throws FORBIDDEN for others. */
export function createExplanation(database: Database, registry: () => Registry, authenticator: Pick<Authenticator, 'principalOfUser'>) {
  return async (principal: Principal, question: AccessQuestion): Promise<AccessExplanation> => {
    requireAdministrator(principal)
    const { module: name, action, recordId, field } = question
    const module = registry().modules.get(name)
    if (!module) return refused(say`There is no module named ${name.slice(0, 60)}.`)
    const definition = field == null ? undefined : module.fields.get(field)
    if (field != null && !definition) return refused(say`The module ${name} has no field named ${field.slice(0, 60)}.`)
    const userId = canonicalId(question.userId)
    const subject = userId === null ? null : await authenticator.principalOfUser(userId)
    if (!subject) return refused(say`There is no active user with this id.`)
    const rights = await readRights(database, { kind: 'user', id: subject.userId })

    const sources = roleSources(subject.roles, rights?.roles ?? [])
    const reasons = [rolesSentence(subject, rights?.userKind), ...grantSentences(sources, module, action, registry())]
    if (!isAllowed(module, action, subject.policy, registry())) return refused(...reasons, say`So ${action} on ${name} is not allowed.`)
    if (isUnavailable(module, action)) return refused(...reasons, say`But no operation does it: ${module.pluralName} are written by the system alone.`)
    reasons.push(reachSentence(module, action, subject.policy, registry()))
    if (needsReading(action)) {
      if (!isAllowed(module, 'READ', subject.policy, registry()))
        return refused(...reasons, say`But the user reads no ${module.pluralName}, and ${action} finds only what can be read.`)
    }

    const verdict = recordId == null ? null : await recordVerdict(database, module, action, subject, recordId, definition, registry())
    if (verdict) {
      reasons.push(verdict.reason)
      if (!verdict.allowed) return refused(...reasons)
    }
    if (!definition) return { allowed: true, reasons }
    const level = fieldLevel(subject.policy, name, definition.name)
    reasons.push(...fieldSentences(sources, module, definition), levelSentence(module, definition, level))
    const target = targetOf(definition, registry())
    if (target && !isAllowed(target, 'READ', subject.policy, registry()))
      return refused(...reasons, say`The user reads no ${target.pluralName}, so the field that leads to them is hidden, whatever roles say of it.`)
    if (action === 'UPDATE' && definition.createOnly) return refused(...reasons, say`It is given when the record is made, and never changed.`)
    if (levelAllows(level, action)) return { allowed: true, reasons }
    if (!isPartlyAllowed(subject.policy, definition, action)) return refused(...reasons, say`So ${action} does not reach the field.`)
    reasons.push(say`It is higher on records that a role reaches which says more of the field.`)
    return verdict?.reachesField === false ? refused(...reasons, say`This is none of them.`) : { allowed: true, reasons }
  }
}

function refused(...reasons: readonly Message[]): AccessExplanation {
  return { allowed: false, reasons }
}

/** Writes on records that stand find them by the rights to read. */
function needsReading(action: Action): boolean {
  return action === 'UPDATE' || action === 'DELETE' || action === 'RESTORE'
}

/** MASKED shows a part only, so it does not count as reading. */
function levelAllows(level: FieldLevel, action: Action): boolean {
  return action === 'CREATE' || action === 'UPDATE' ? level === 'WRITE' : level === 'READ' || level === 'WRITE'
}

/** On some records, although not on all. */
function isPartlyAllowed(policy: AccessPolicy, { module, name }: FieldDefinition, action: Action): boolean {
  const partial = partialLevel(policy, module, name)
  return (action === 'CREATE' ? partial?.create : action === 'UPDATE' ? partial?.update : partial?.read) !== undefined
}

interface RecordVerdict {
  readonly allowed: boolean
  readonly reason: Message
  /** The level of the field on this record allows the action; not told where the record itself is not reached. */
  readonly reachesField?: boolean
}

async function recordVerdict(
  database: Database,
  module: ModuleDefinition,
  action: Action,
  subject: Principal,
  recordId: string,
  field: FieldDefinition | undefined,
  registry: Registry,
): Promise<RecordVerdict> {
  const id = canonicalId(recordId)
  if (id === null || moduleNumberOf(id) !== module.number) return { allowed: false, reason: say`There is no ${module.name} with this id.` }
  const values: unknown[] = [id]
  const bind = bindValues(values, subject.policy)
  const table = secured(module, action, subject.policy, 't', registry, bind)
  const seen = needsReading(action) ? secured(module, 'READ', subject.policy, 't', registry, bind).condition : 'TRUE'
  const leveled = { module, alias: 't', policy: subject.policy, registry, binder: bind }
  const onField = !field
    ? 'TRUE'
    : action === 'UPDATE' || action === 'CREATE'
      ? writableSql(field, action === 'UPDATE' ? 'update' : 'create', leveled)
      : readableSql(field, leveled)
  const granted = secured(module, action, withoutShares(subject.policy), 't', registry, bind).condition
  const [row] = await database.query<{ admitted: boolean; granted: boolean; seen: boolean; onField: boolean; deleted: boolean }>({
    text: `SELECT ${table.condition} AS admitted, ${granted} AS granted, ${seen} AS seen, (${onField}) IS TRUE AS "onField", t.deleted_at IS NOT NULL AS deleted
             FROM ${table.from} WHERE t.id = $1`,
    values,
    purpose: 'platform',
  })
  if (!row) return { allowed: false, reason: say`There is no ${module.name} with this id.` }
  const place = row.deleted ? say`The record, which is in the recycle bin,` : say`The record`
  const by = hasPredicate(module, action, subject.policy, registry) ? say`its owner, its team and the conditions` : say`its owner or team`
  if (!row.admitted) return { allowed: false, reason: say`${place} is not within that scope by ${by}.` }
  if (!row.seen) return { allowed: false, reason: say`${place} is within that scope, but cannot be read by the user, so ${action} does not find it.` }
  if (row.deleted && (action === 'UPDATE' || action === 'DELETE')) return { allowed: false, reason: say`${place} must be restored before ${action}.` }
  if (!row.deleted && action === 'RESTORE') return { allowed: false, reason: say`${place} is not in the recycle bin.` }
  if (row.granted) return { allowed: true, reason: say`${place} is within that scope by ${by}.`, reachesField: row.onField }
  if (action === 'UPDATE' && field && keptFields(module, subject.policy).has(field.id))
    return {
      allowed: false,
      reason: say`${place} is not within that scope by ${by}; a share lets nobody change its owner, its team or what conditions of the own grants look at.`,
    }
  const shared = await shareSentence(database, module, action, subject, id, registry)
  return { allowed: true, reason: say`${place} is not within that scope by ${by}, but ${shared}.`, reachesField: row.onField }
}
