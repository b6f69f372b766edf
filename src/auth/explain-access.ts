import { quoteIdentifier } from '../lib/quote-identifier.ts'
import { isUuid, moduleNumberOf } from '../lib/record-id.ts'
import type { Action, FieldLevel, Principal, Scope } from '../records/access/policy.ts'
import { effectiveScope, fieldLevel, secured } from '../records/access/secured.ts'
import type { Database } from '../records/database.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { requireAdministrator } from './administrator.ts'
import type { Authenticator } from './authenticator.ts'
import { moduleKey } from './module-key.ts'
import { readRights, type StoredRole } from './rights.ts'
import { SIGNED_IN } from './shipped-roles.ts'

export interface AccessQuestion {
  readonly userId: string
  readonly module: string
  readonly action: Action
  readonly recordId?: string | null
  readonly field?: string | null
}

export interface AccessExplanation {
  readonly allowed: boolean
  /** The chain that leads to the verdict: user → role → grant → scope → record → field level. */
  readonly reasons: readonly string[]
}

export interface AccessExplainer {
  /** What the engine would decide now, and why. Administrators only; throws FORBIDDEN for others. */
  explain(principal: Principal, question: AccessQuestion): Promise<AccessExplanation>
}

export function createAccessExplainer(database: Database, registry: () => Registry, authenticator: Pick<Authenticator, 'principalOfUser'>): AccessExplainer {
  return {
    explain: async (principal, question) => {
      requireAdministrator(principal)
      const { userId, module: name, action, recordId, field } = question
      const module = registry().modules.get(name)
      if (!module) return refused(`There is no module named ${name}.`)
      if (field != null && !module.fields.has(field)) return refused(`The module ${name} has no field named ${field}.`)
      const subject = isUuid(userId) ? await authenticator.principalOfUser(userId) : null
      if (!subject) return refused('There is no active user with this id.')
      const rights = await readRights(database, { kind: 'user', id: userId })

      const reasons = [rolesSentence(subject), ...grantSentences(rights?.roles ?? [], module, action)]
      const scope = effectiveScope(module, action, subject.policy, registry())
      if (scope === undefined) return refused(...reasons, `So ${action} on ${name} is not allowed.`)
      reasons.push(scopeSentence(module, action, scope))

      if (recordId != null) {
        const verdict = await recordVerdict(database, module, action, subject, recordId, registry())
        reasons.push(verdict.reason)
        if (!verdict.allowed) return refused(...reasons)
      }
      if (field == null) return { allowed: true, reasons }
      const level = fieldLevel(subject.policy, name, field)
      const allowed = levelAllows(level, action)
      return { allowed, reasons: [...reasons, fieldSentence(module, field, level), ...(allowed ? [] : [`So ${action} does not reach the field.`])] }
    },
  }
}

function refused(...reasons: readonly string[]): AccessExplanation {
  return { allowed: false, reasons }
}

/** MASKED shows a part only, so it does not count as reading. */
function levelAllows(level: FieldLevel, action: Action): boolean {
  return action === 'CREATE' || action === 'UPDATE' ? level === 'WRITE' : level === 'READ' || level === 'WRITE'
}

function rolesSentence({ roles }: Principal): string {
  return roles.length === 0 ? 'The user holds no role.' : `The user holds ${roles.length === 1 ? 'the role' : 'the roles'} ${roles.join(', ')}.`
}

function grantSentences(roles: readonly StoredRole[], module: ModuleDefinition, action: Action): string[] {
  const sources = [...roles.map((role) => ({ label: `Role ${role.key}`, grants: role.grants })), { label: SIGNED_IN.name, grants: SIGNED_IN.grants }]
  const key = moduleKey(module)
  return sources.flatMap(({ label, grants }) =>
    grants
      .filter((grant) => (grant.module === key || grant.module === '*') && grant.actions.includes(action))
      .map((grant) => `${label} grants ${action} on ${grant.module === '*' ? 'every module' : module.name} with the scope ${grant.scope}.`),
  )
}

function scopeSentence(module: ModuleDefinition, action: Action, scope: Scope): string {
  const parent = module.accessParent === undefined ? undefined : module.fields.get(module.accessParent)?.reference?.module
  const decided = parent === undefined ? '' : `, decided by the record's ${parent}`
  return `So ${action} reaches ${scope === 'ALL' ? 'every record' : `records in the scope ${scope}`}${decided}.`
}

function fieldSentence(module: ModuleDefinition, name: string, level: FieldLevel): string {
  const sensitivity = module.fields.get(name)?.sensitivity ?? 'none'
  const why = sensitivity === 'none' ? '' : ` (its sensitivity is ${sensitivity}, so a role must list it)`
  const inputs = (module.fields.get(name)?.inputs ?? []).map((place) => `${place.module}.${place.field}`)
  const origin = inputs.length === 0 ? '' : ` It is computed, and hidden from whoever cannot read all of ${inputs.join(', ')}.`
  return `The level of the field ${module.name}.${name} is ${level}${why}.${origin}`
}

async function recordVerdict(database: Database, module: ModuleDefinition, action: Action, subject: Principal, recordId: string, registry: Registry) {
  const id = recordId.toLowerCase()
  if (!isUuid(id) || moduleNumberOf(id) !== module.number) return { allowed: false, reason: `There is no ${module.name} with this id.` }
  const values: unknown[] = [id]
  const table = secured(module, action, subject.policy, 't', registry, (scope) => `$${values.push(subject.policy.scopes[scope])}`)
  const [row] = await database.query<{ admitted: boolean; deleted: boolean }>({
    text: `SELECT ${table.condition} AS admitted, t.deleted_at IS NOT NULL AS deleted FROM ${table.from} WHERE t.${quoteIdentifier('id')} = $1`,
    values,
    purpose: 'platform',
  })
  if (!row) return { allowed: false, reason: `There is no ${module.name} with this id.` }
  const place = row.deleted ? 'The record, which is in the recycle bin,' : 'The record'
  return { allowed: row.admitted, reason: `${place} ${row.admitted ? 'is' : 'is not'} within that scope by its owner or team.` }
}
