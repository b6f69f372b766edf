import type { Executor } from '../database.ts'
import { directInputs, expressionFields, type ModuleDefinition, type Registry } from '../registry/index.ts'
import type { StoredField, StoredModule } from './stored.ts'
import { leadsTo, type Target } from './targets.ts'
import type { Workspace } from './workspace.ts'

/** Something that depends on a field or module. */
export interface Dependent {
  /** `role`, `formula`, `rollup`, `requiredWhen`, `nameField`, `reference`, `list`, `index`, `plugin` or `operation`. */
  readonly kind: string
  /** What it is called: a role's key, `<module>.<field>`, an operation's name. */
  readonly name: string
  /** What the name alone does not tell: a level, how often and by which client. */
  readonly detail: string | null
  /** It would break, so that the field cannot be deleted before it. */
  readonly blocking: boolean
}

/** A grant's predicate `g.predicate` names the custom field: as a member, as a list by the field behind it, or as a value of the viewer. */
export function namesFieldSql(id: string): string {
  return `(position('"' || ${id} || '"' IN g.predicate::text) > 0 OR position('"~' || ${id} || '"' IN g.predicate::text) > 0)`
}

/** Operations of the last so many days count as users of a field. */
const USAGE_DAYS = 30

/** What depends on a custom field. `named`: the fields that roles and operations name, where somebody has asked for all of them (`namedFields`). */
export async function dependentsOf(field: StoredField, workspace: Workspace, executor: Executor, named?: ReadonlySet<string>): Promise<Dependent[]> {
  const inside = [...expressionsOver(field, workspace), ...ownDependents(field, workspace)]
  if (named?.has(field.id) === false) return inside
  return [...inside, ...(await rolesWith(field, executor)), ...(await operationsWith([field.id], executor))]
}

/** Ids of the fields that any role or operation names: whoever asks for many fields need not ask for each. */
export async function namedFields(executor: Executor): Promise<ReadonlySet<string>> {
  const rows = await executor.query<{ id: string }>({
    text: `SELECT field_id::text AS id FROM role_field UNION SELECT field_id::text FROM field_usage
      UNION SELECT f.id::text FROM custom_field f JOIN role_grant g ON ${namesFieldSql('f.id')}`,
    purpose: 'platform',
  })
  return new Set(rows.map(({ id }) => id))
}

/** What depends on a custom module: fields that lead to it or are computed from it, roles, its plugin, and operations that named fields of it. */
export async function dependentsOfModule(module: StoredModule, workspace: Workspace, executor: Executor): Promise<Dependent[]> {
  const fieldIds = workspace.fieldsOf(module.number).map(({ id }) => id)
  return [
    ...outsideDependents(module, workspace),
    ...(await rolesOn(module, fieldIds, executor)),
    ...(module.ownerPlugin === null ? [] : [{ kind: 'plugin', name: module.ownerPlugin, detail: null, blocking: false }]),
    ...(await operationsWith(fieldIds, executor)),
  ]
}

/** Fields that are computed from it, and conditions that name it. */
export function expressionsOver(field: Pick<StoredField, 'id'>, workspace: Workspace): readonly Dependent[] {
  return (expressionsOf(workspace).get(field.id) ?? []).flatMap(({ user, dependent }) => (user === field.id ? [] : [dependent]))
}

interface Use {
  readonly user: string
  readonly dependent: Dependent
}

/** Who names whom, made once for each state of a workspace: a change of many fields asks for each of them. */
const usesByRegistry = new WeakMap<Registry, ReadonlyMap<string, readonly Use[]>>()

function expressionsOf(workspace: Workspace): ReadonlyMap<string, readonly Use[]> {
  const known = usesByRegistry.get(workspace.registry)
  if (known) return known
  const uses = new Map<string, Use[]>()
  const note = (input: string, use: Use) => uses.set(input, [...(uses.get(input) ?? []), use])
  for (const user of workspace.fields) {
    const module = user.state === 'active' ? workspace.moduleOf(user) : undefined
    if (!module) continue
    const use = (kind: string): Use => ({ user: user.id, dependent: { kind, name: `${module.name}.${user.name}`, detail: null, blocking: true } })
    const { requiredWhen } = user.parameters
    for (const input of new Set(directInputs(user.parameters))) note(input, use(user.type === 'FORMULA' ? 'formula' : 'rollup'))
    for (const input of requiredWhen ? expressionFields(requiredWhen) : []) note(input, use('requiredWhen'))
  }
  usesByRegistry.set(workspace.registry, uses)
  return uses
}

function ownDependents(field: StoredField, workspace: Workspace): Dependent[] {
  const module: ModuleDefinition | undefined = workspace.moduleOf(field)
  const found: Dependent[] = []
  if (module?.nameField === field.name) found.push({ kind: 'nameField', name: module.name, detail: null, blocking: true })
  const { reference } = field.parameters
  if (reference?.inverseName !== undefined) found.push({ kind: 'list', name: `${reference.module}.${reference.inverseName}`, detail: null, blocking: false })
  for (const { name, kind, state } of field.indexes) found.push({ kind: 'index', name, detail: `${kind}, ${state}`, blocking: false })
  if (field.ownerPlugin !== null) found.push({ kind: 'plugin', name: field.ownerPlugin, detail: null, blocking: false })
  return found
}

async function rolesWith({ id }: StoredField, executor: Executor): Promise<Dependent[]> {
  const rows = await executor.query<{ key: string; access: string }>({
    text: `SELECT r.key, f.access FROM role_field f JOIN role r ON r.id = f.role_id WHERE f.field_id = $1::text
           UNION ALL SELECT r.key, 'decides about ' || array_to_string(g.actions, ' ') FROM role_grant g JOIN role r ON r.id = g.role_id WHERE ${namesFieldSql('$1')}
           ORDER BY 1, 2`,
    values: [id],
    purpose: 'platform',
  })
  return rows.map(({ key, access }) => ({ kind: 'role', name: key, detail: access, blocking: false }))
}

/** Roles that grant something on the module, and roles that grant something elsewhere by a condition that looks at its records. */
async function rolesOn({ number }: StoredModule, fieldIds: readonly string[], executor: Executor): Promise<Dependent[]> {
  const rows = await executor.query<{ key: string; detail: string }>({
    text: `SELECT r.key, string_agg(array_to_string(g.actions, ' ') || ': ' || g.scope, '; ' ORDER BY g.scope) AS detail
             FROM role_grant g JOIN role r ON r.id = g.role_id WHERE g.module = $1 GROUP BY r.key
           UNION ALL SELECT DISTINCT r.key, 'its condition decides about ' || array_to_string(g.actions, ' ')
             FROM role_grant g JOIN role r ON r.id = g.role_id JOIN unnest($2::text[]) AS f(id) ON ${namesFieldSql('f.id')} WHERE g.module <> $1
            ORDER BY 1, 2`,
    values: [String(number), fieldIds],
    purpose: 'platform',
  })
  return rows.map(({ key, detail }) => ({ kind: 'role', name: key, detail, blocking: false }))
}

/** One that named several of the fields counts as often as it named the one that it named most. */
async function operationsWith(fieldIds: readonly string[], executor: Executor): Promise<Dependent[]> {
  const rows = await executor.query<{ operation: string; client: string; count: string; last: string }>({
    text: `SELECT operation, client, max(count)::text AS count, max(last)::text AS last
             FROM (SELECT operation, client, sum(count) AS count, max(day) AS last FROM field_usage
                    WHERE field_id = ANY($1::uuid[]) AND day > (now() AT TIME ZONE 'UTC')::date - $2::int GROUP BY field_id, operation, client) u
            GROUP BY operation, client ORDER BY max(count) DESC, operation, client LIMIT 100`,
    values: [fieldIds, USAGE_DAYS],
    purpose: 'platform',
  })
  return rows.map(({ operation, client, count, last }) => ({
    kind: 'operation',
    name: operation === '' ? '(without a name)' : operation,
    detail: `${count === '1' ? 'once' : `${count} times`}${client === '' ? '' : ` by ${client}`}, last on ${last}`,
    blocking: false,
  }))
}

/**
 * What the fields of other modules would lose with this one: references that lead to it, rollups over it, formulas over those, conditions. Modules whose
 * numbers are in `leaving` go as well and lose nothing.
 */
export function outsideDependents(module: Target, workspace: Workspace, leaving: ReadonlySet<number> = new Set()): Dependent[] {
  const isOther = ({ state, moduleNumber }: StoredField) => state === 'active' && moduleNumber !== module.number && !leaving.has(moduleNumber)
  const others = workspace.fields.filter((field) => isOther(field) && workspace.moduleOf(field))
  const lost = new Set(workspace.fieldsOf(module.number).flatMap(({ id, state }) => (state === 'active' ? [id] : [])))
  const found: Dependent[] = []
  const lose = (kind: string, field: StoredField) => {
    lost.add(field.id)
    found.push({ kind, name: `${workspace.moduleOf(field)?.name}.${field.name}`, detail: null, blocking: true })
  }
  for (const field of others) if (leadsTo(field, module)) lose('reference', field)
  for (let before = -1; before !== lost.size; ) {
    before = lost.size
    for (const field of others)
      if (!lost.has(field.id) && directInputs(field.parameters).some((id) => lost.has(id))) lose(field.type === 'FORMULA' ? 'formula' : 'rollup', field)
  }
  for (const field of others) {
    const { requiredWhen } = field.parameters
    if (requiredWhen && !lost.has(field.id) && expressionFields(requiredWhen).some((id) => lost.has(id))) lose('requiredWhen', field)
  }
  return found
}
