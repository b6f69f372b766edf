import { extensionTable } from '../entities/columns.ts'
import { type Issue, notFound, say } from '../errors/index.ts'
import { quoteIdentifier } from '../lib/quote-identifier.ts'
import { canonicalId, moduleNumberOf } from '../lib/record-id.ts'
import { bindValues } from '../records/access/bind-values.ts'
import type { AccessPolicy, Principal } from '../records/access/policy.ts'
import { readableSql } from '../records/access/row-levels.ts'
import { isAllowed, isEverShown, secured } from '../records/access/secured.ts'
import type { Database, Executor } from '../records/database.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { targetOf } from '../records/registry/index.ts'
import { requireAdministrator } from './administrator.ts'
import { bindPolicy } from './compile-policy.ts'
import { throwIssues } from './role-input.ts'
import { compileHeld, readRoleSets } from './role-sets.ts'

export interface SightQuestion {
  readonly module: string
  readonly recordId: string
  /** The whole value of this field; left out: the record at all. */
  readonly field?: string | null
}

/** No keys: those of each candidate stand in the statement. */
const NO_KEYS = { scopes: { OWN: [], TEAM: [], TEAM_TREE: [], SHARED: [] }, population: 1 }

/**
 * Ids of all active users who can read a record, or one field of it, unmasked; ascending. Each set of roles that users hold is compiled once, and asks one statement about all of
 * its users together: so the statements are as many as the sets of roles that can read the field, and a few. Service users count by their API keys, too.
 * Of a reference those count who can also read the record that it leads to: it shows nothing to others.
 * Administrators only; throws FORBIDDEN for others, VALIDATION_FAILED for an unknown module or field, NOT_FOUND.
 */
export function createSight(database: Database, registry: () => Registry, now: () => Date) {
  const sight = async (principal: Principal, { module: name, recordId, field }: SightQuestion): Promise<readonly string[]> => {
    requireAdministrator(principal)
    const current = registry()
    const module = current.modules.get(name)
    const issues: Issue[] = []
    if (!module) issues.push({ path: ['module'], code: 'UNKNOWN', message: say`There is no module named ${JSON.stringify(name.slice(0, 60))}.` })
    else if (field != null && !module.fields.has(field))
      issues.push({ path: ['field'], code: 'UNKNOWN', message: say`The module ${name} has no field named ${JSON.stringify(field.slice(0, 60))}.` })
    throwIssues(issues)
    const target = module as ModuleDefinition
    const id = canonicalId(recordId)
    if (id === null || moduleNumberOf(id) !== target.number) throw notFound(name)

    const holder = await scopeKeyOf(database, target, id, principal.policy, current)
    const leadsTo = field == null ? undefined : targetOf(target.fields.get(field) as FieldDefinition, current)
    const { roles, sets } = await readRoleSets(database, now())
    // Whether anything is shared with a candidate is asked there.
    const keys = { ...NO_KEYS, shared: [...current.modules.keys()] }
    const policies = sets.map((set) => bindPolicy(compileHeld(set.roles, roles, current), keys, principal.policy.epochs))
    const reads = sets
      .map((set, index) => ({ set, policy: policies[index] as AccessPolicy }))
      .filter(({ policy }) => {
        // A reference shows nothing where what it leads to cannot be read at all.
        const isOpen = [target, ...(leadsTo ? [leadsTo] : [])].every((each) => isAllowed(each, 'READ', policy, current))
        return isOpen && (field == null || isEverShown(policy, name, field))
      })
    const reach = await reachOf(
      database,
      holder,
      reads.flatMap(({ set }) => set.userIds),
    )
    const seeing = new Set<string>()
    for (const { set, policy } of reads) {
      for (const userId of await admitted(database, target, { id, field: field ?? null }, policy, current, holder, set.userIds, reach)) seeing.add(userId)
    }
    const led = leadsTo && (await ledTo(database, target, { id, field: field as string, to: leadsTo }, principal.policy, current))
    const readers = led && new Set(await sight(principal, { module: (leadsTo as ModuleDefinition).name, recordId: led }))
    return [...seeing].filter((userId) => !readers || readers.has(userId)).sort()
  }
  return sight
}

/** The record that a reference leads to, which shows nothing to whoever cannot read that one; null where it leads nowhere, or is a list, of which everybody is shown what he reads. */
async function ledTo(
  executor: Executor,
  module: ModuleDefinition,
  { id, field: name, to }: { readonly id: string; readonly field: string; readonly to: ModuleDefinition },
  policy: AccessPolicy,
  registry: Registry,
): Promise<string | null> {
  const field = module.fields.get(name) as FieldDefinition
  if (field.type !== 'REFERENCE' && field.type !== 'USER') return null
  const values: unknown[] = [id]
  const binder = bindValues(values, policy)
  const table = secured(module, 'READ', policy, 't', registry, binder)
  const column = quoteIdentifier(field.column)
  const value = field.extension
    ? `(SELECT x.${column} FROM ${quoteIdentifier(extensionTable(module.table, field.extension))} x WHERE x.id = t.id)`
    : `t.${column}`
  const led = secured(to, 'READ', policy, 'r', registry, binder)
  const [row] = await executor.query<{ target: string }>({
    text: `SELECT r.id AS target FROM ${table.from}, ${led.from} WHERE t.id = $1 AND ${table.condition} AND r.id = ${value} AND r.deleted_at IS NULL AND ${led.condition}`,
    values,
    purpose: 'platform',
  })
  return row?.target ?? null
}

/** Owner or team that decides who reaches the record: its own, or that of the record above it. Null where it has neither. Throws NOT_FOUND. */
async function scopeKeyOf(executor: Executor, module: ModuleDefinition, id: string, policy: AccessPolicy, registry: Registry): Promise<string | null> {
  const parent = module.accessParent === undefined ? undefined : module.fields.get(module.accessParent)
  const values: unknown[] = [id]
  const table = secured(module, 'READ', policy, 't', registry, bindValues(values, policy))
  const [row] = await executor.query<{ key: string | null }>({
    text: `SELECT t.${parent ? quoteIdentifier(parent.column) : 'scope_id'} AS key FROM ${table.from} WHERE t.id = $1 AND ${table.condition}`,
    values,
    purpose: 'platform',
  })
  if (!row) throw notFound(module.name)
  if (!parent?.reference || row.key === null) return row.key
  return scopeKeyOf(executor, registry.module(parent.reference.module), row.key, policy, registry)
}

interface Reach {
  /** Users whose own teams reach the owner or team. */
  readonly team: ReadonlySet<string>
  /** Users whose teams, or teams below these, do. */
  readonly tree: ReadonlySet<string>
}

/** For which of these users the owner or team is among the keys of TEAM and of TEAM_TREE (see `readRights`), asked the other way round: from it up to the users. */
async function reachOf(executor: Executor, key: string | null, userIds: readonly string[]): Promise<Reach> {
  if (key === null) return { team: new Set(), tree: new Set() }
  const rows = await executor.query<{ id: string; team: boolean }>({
    text: `WITH RECURSIVE membership AS (SELECT id AS user_id, team_id FROM users UNION SELECT user_id, team_id FROM team_member),
      near AS (SELECT t.id FROM teams t WHERE t.deleted_at IS NULL AND (t.id = $1 OR t.id IN (SELECT team_id FROM membership WHERE user_id = $1))),
      above AS (SELECT id FROM near UNION SELECT p.id FROM above a JOIN teams t ON t.id = a.id JOIN teams p ON p.id = t.parent_id WHERE p.deleted_at IS NULL)
      SELECT m.user_id AS id, bool_or(m.team_id IN (SELECT id FROM near)) AS team FROM membership m
       WHERE m.team_id IN (SELECT id FROM above) AND m.user_id = ANY($2::uuid[]) GROUP BY 1`,
    values: [key, userIds],
    purpose: 'platform',
  })
  return { team: new Set(rows.filter(({ team }) => team).map(({ id }) => id)), tree: new Set(rows.map(({ id }) => id)) }
}

/** Which of these users, who share the policy but for its keys, reach the record, and see the field on it: the engine's own condition, over one row for each of them. */
async function admitted(
  executor: Executor,
  module: ModuleDefinition,
  { id, field }: { readonly id: string; readonly field: string | null },
  policy: AccessPolicy,
  registry: Registry,
  key: string | null,
  userIds: readonly string[],
  { team, tree }: Reach,
): Promise<string[]> {
  const columns = { OWN: 'own', TEAM: 'team', TEAM_TREE: 'tree', SHARED: 'grantees' } as const
  const values: unknown[] = [id, userIds, userIds.map((each) => team.has(each)), userIds.map((each) => tree.has(each)), key]
  const binder = { scope: (scope: keyof typeof columns) => `c.${columns[scope]}`, value: (value: unknown) => `$${values.push(value)}` }
  const table = secured(module, 'READ', policy, 't', registry, binder)
  const definition = field === null ? undefined : module.fields.get(field)
  const shown = definition ? readableSql(definition, { module, alias: 't', policy, registry, binder }) : 'TRUE'
  const rows = await executor.query<{ id: string }>({
    text: `WITH c AS (SELECT k.id, ARRAY[k.id] AS own, CASE WHEN k.team THEN ARRAY[$5::uuid] ELSE ARRAY[k.id] END AS team, CASE WHEN k.tree THEN ARRAY[$5::uuid] ELSE ARRAY[k.id] END AS tree,
        k.id || ARRAY(SELECT m.team_id FROM team_membership m JOIN teams l ON l.id = m.team_id AND l.deleted_at IS NULL WHERE m.user_id = k.id) AS grantees
        FROM unnest($2::uuid[], $3::boolean[], $4::boolean[]) AS k(id, team, tree))
      SELECT c.id FROM ${table.from} CROSS JOIN c WHERE t.id = $1 AND ${table.condition} AND ${shown}`,
    values,
    purpose: 'platform',
  })
  return rows.map((row) => row.id)
}
