import type { Executor } from '../database.ts'
import { directInputs, expressionFields, type ModuleDefinition } from '../registry/index.ts'
import type { StoredField } from './stored.ts'
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

/** Operations of the last so many days count as users of a field. */
const USAGE_DAYS = 30

/** What depends on a custom field. */
export async function dependentsOf(field: StoredField, workspace: Workspace, executor: Executor): Promise<Dependent[]> {
  return [
    ...expressionsOver(field, workspace),
    ...ownDependents(field, workspace),
    ...(await rolesWith(field, executor)),
    ...(await operationsWith(field, executor)),
  ]
}

/** Fields that are computed from it, and conditions that name it. */
export function expressionsOver(field: Pick<StoredField, 'id'>, workspace: Workspace): Dependent[] {
  return workspace.fields.flatMap((other): Dependent[] => {
    if (other.state !== 'active' || other.id === field.id) return []
    const module = workspace.moduleOf(other)
    if (!module) return []
    const name = `${module.name}.${other.name}`
    const found: Dependent[] = []
    if (directInputs(other.parameters).includes(field.id))
      found.push({ kind: other.type === 'FORMULA' ? 'formula' : 'rollup', name, detail: null, blocking: true })
    const { requiredWhen } = other.parameters
    if (requiredWhen && expressionFields(requiredWhen).includes(field.id)) found.push({ kind: 'requiredWhen', name, detail: null, blocking: true })
    return found
  })
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
    text: 'SELECT r.key, f.access FROM role_field f JOIN role r ON r.id = f.role_id WHERE f.field_id = $1 ORDER BY r.key',
    values: [id],
    purpose: 'platform',
  })
  return rows.map(({ key, access }) => ({ kind: 'role', name: key, detail: access, blocking: false }))
}

async function operationsWith({ id }: StoredField, executor: Executor): Promise<Dependent[]> {
  const rows = await executor.query<{ operation: string; client: string; count: string; last: string }>({
    text: `SELECT operation, client, sum(count)::text AS count, max(day)::text AS last FROM field_usage
            WHERE field_id = $1 AND day > (now() AT TIME ZONE 'UTC')::date - $2::int GROUP BY operation, client ORDER BY sum(count) DESC LIMIT 100`,
    values: [id, USAGE_DAYS],
    purpose: 'platform',
  })
  return rows.map(({ operation, client, count, last }) => ({
    kind: 'operation',
    name: operation === '' ? '(without a name)' : operation,
    detail: `${count} times${client === '' ? '' : ` by ${client}`}, last on ${last}`,
    blocking: false,
  }))
}

/** Fields of other modules that lead to this one. */
export function referencesTo(module: string, workspace: Workspace): Dependent[] {
  return workspace.fields.flatMap((field): Dependent[] => {
    const holder = workspace.moduleOf(field)
    const leadsHere = field.state === 'active' && field.parameters.reference?.module === module && holder && holder.name !== module
    return leadsHere ? [{ kind: 'reference', name: `${holder.name}.${field.name}`, detail: null, blocking: true }] : []
  })
}
