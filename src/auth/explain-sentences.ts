import { parentAction, parentOf } from '../records/access/access-parent.ts'
import type { AccessPolicy, Action, FieldLevel, Principal } from '../records/access/policy.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { listedLevel, type RoleRights } from './compile-policy.ts'
import { moduleKey } from './module-key.ts'
import { SERVICE_KIND } from './principal-factory.ts'
import type { StoredRole } from './rights.ts'
import { type Grant, SIGNED_IN } from './shipped-roles.ts'
import { shownPredicate } from './translate-predicate.ts'

/** A role that counts, with the way by which it comes to the user. */
export interface RoleSource {
  /** `Role sales_lead → sales_rep`: the role that was given, and what inherits from there to this one. */
  readonly label: string
  readonly rights: RoleRights
}

/** What a user's rights come from: roles given, roles inherited, and what everybody has. Each role once, by its shortest way. */
export function roleSources(held: readonly string[], known: readonly StoredRole[]): RoleSource[] {
  const byKey = new Map(known.map((role) => [role.key, role]))
  const ways = new Map(held.map((key) => [key, [key]]))
  // A map's iteration reaches what is added on the way.
  for (const [key, way] of ways) for (const inherited of byKey.get(key)?.inherits ?? []) if (!ways.has(inherited)) ways.set(inherited, [...way, inherited])
  const roles = [...ways].flatMap(([key, way]) => {
    const rights = byKey.get(key)
    return rights ? [{ label: `Role ${way.join(' → ')}`, rights }] : []
  })
  return [...roles, { label: SIGNED_IN.name, rights: SIGNED_IN }]
}

/** API keys of service users bring roles that the user does not hold. */
export function rolesSentence({ roles }: Principal, userKind: string | undefined): string {
  const held = roles.length === 0 ? 'The user holds no role.' : `The user holds ${roles.length === 1 ? 'the role' : 'the roles'} ${roles.join(', ')}.`
  return userKind === SERVICE_KIND ? `${held} What API keys of this service user may do that are limited to a role is not considered.` : held
}

/** Grants that give the action, by the roles that they come from. */
export function grantSentences(sources: readonly RoleSource[], module: ModuleDefinition, action: Action, registry: Registry): string[] {
  return sources.flatMap(({ label, rights }) =>
    grantsOn(rights, module)
      .filter(({ actions }) => actions.includes(action))
      .map(
        (grant) =>
          `${label} grants ${action} on ${grant.module === '*' ? 'every module' : module.name} with the scope ${grant.scope}${conditionText(grant, module, registry)}.`,
      ),
  )
}

/** What roles say of one field, and where that is in vain. */
export function fieldSentences(sources: readonly RoleSource[], module: ModuleDefinition, field: FieldDefinition): string[] {
  return sources.flatMap(({ label, rights }) => {
    const level = listedLevel(rights, module, field)
    if (level === undefined) return []
    const counts = grantsOn(rights, module).some(({ actions }) => actions.some((action) => action === 'READ' || action === 'CREATE' || action === 'UPDATE'))
    const vain = counts ? '' : `, which has no effect: it grants neither READ, CREATE nor UPDATE on ${module.name}`
    return [`${label} says ${level} of ${module.name}.${field.name}${vain}.`]
  })
}

/** Which records all roles together reach. */
export function reachSentence(module: ModuleDefinition, action: Action, policy: AccessPolicy, registry: Registry): string {
  const [deciding, decisive] = decidingModule(module, action, registry)
  const admissions = policy.modules.get(deciding.name)?.actions.get(decisive) ?? []
  const reaches = admissions.map(
    ({ scope, where }) => `${scope === 'ALL' ? 'every record' : `records in the scope ${scope}`}${where ? ' that a condition admits' : ''}`,
  )
  const own = module === deciding ? [] : (policy.modules.get(module.name)?.actions.get(action) ?? [])
  const conditions = own.length > 0 && own.every(({ where }) => where) ? ' and by conditions of its own' : ''
  const paired = own.some(({ parent }) => parent) ? ', a role at a time, by what this role reaches of it' : ''
  const decided = module === deciding ? '' : `, decided by the record's ${deciding.name}${conditions}${paired}`
  return `So ${action} reaches ${reaches.join(', and ')}${decided}.`
}

/** Conditions on records have a say in the action. */
export function hasPredicate(module: ModuleDefinition, action: Action, policy: AccessPolicy, registry: Registry): boolean {
  const own =
    policy.modules
      .get(module.name)
      ?.actions.get(action)
      ?.some(({ where }) => where) ?? false
  return own || (module.accessParent !== undefined && hasPredicate(parentOf(module, registry).module, parentAction(action), policy, registry))
}

/** The module whose scopes decide, and the action that they are asked about. */
function decidingModule(module: ModuleDefinition, action: Action, registry: Registry): readonly [ModuleDefinition, Action] {
  return module.accessParent === undefined ? [module, action] : decidingModule(parentOf(module, registry).module, parentAction(action), registry)
}

function conditionText({ where }: Grant, module: ModuleDefinition, registry: Registry): string {
  if (!where) return ''
  const shown = shownPredicate(where, module, registry)
  return shown ? ` where ${JSON.stringify(shown)}` : ' where a field that is deleted decides, so it reaches nothing'
}

/** The level that all roles together give. */
export function levelSentence(module: ModuleDefinition, { name, sensitivity = 'none', inputs }: FieldDefinition, level: FieldLevel): string {
  const why = sensitivity === 'none' ? '' : ` (its sensitivity is ${sensitivity}, so a role must list it)`
  const behind = inputs.map((place) => `${place.module}.${place.field}`)
  const origin = behind.length === 0 ? '' : ` It is computed, and hidden from whoever cannot read all of ${behind.join(', ')}.`
  return `The level of the field ${module.name}.${name} is ${level}${why}.${origin}`
}

function grantsOn({ grants }: RoleRights, module: ModuleDefinition) {
  const key = moduleKey(module)
  return grants.filter((grant) => grant.module === key || grant.module === '*')
}
