import { listed, type Message, say } from '../errors/index.ts'
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
  readonly label: Message
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
    return rights ? [{ label: say`Role ${way.join(' → ')}`, rights }] : []
  })
  return [...roles, { label: say`Everyone signed in`, rights: SIGNED_IN }]
}

/** API keys of service users bring roles that the user does not hold. */
export function rolesSentence({ roles }: Principal, userKind: string | undefined): Message {
  const held =
    roles.length === 0
      ? say`The user holds no role.`
      : roles.length === 1
        ? say`The user holds the role ${roles[0] as string}.`
        : say`The user holds the roles ${listed(roles)}.`
  return userKind === SERVICE_KIND ? say`${held} What API keys of this service user may do that are limited to a role is not considered.` : held
}

/** Grants that give the action, by the roles that they come from. */
export function grantSentences(sources: readonly RoleSource[], module: ModuleDefinition, action: Action, registry: Registry): Message[] {
  return sources.flatMap(({ label, rights }) =>
    grantsOn(rights, module)
      .filter(({ actions }) => actions.includes(action))
      .map((grant) => {
        const where = grant.module === '*' ? say`every module` : module.name
        const condition = conditionText(grant, module, registry)
        return condition === null
          ? say`${label} grants ${action} on ${where} with the scope ${grant.scope}.`
          : say`${label} grants ${action} on ${where} with the scope ${grant.scope} where ${condition}.`
      }),
  )
}

/** What roles say of one field, and where that is in vain. */
export function fieldSentences(sources: readonly RoleSource[], module: ModuleDefinition, field: FieldDefinition): Message[] {
  return sources.flatMap(({ label, rights }) => {
    const level = listedLevel(rights, module, field)
    if (level === undefined) return []
    const counts = grantsOn(rights, module).some(({ actions }) => actions.some((action) => action === 'READ' || action === 'CREATE' || action === 'UPDATE'))
    const place = `${module.name}.${field.name}`
    return [
      counts
        ? say`${label} says ${level} of ${place}.`
        : say`${label} says ${level} of ${place}, which has no effect: it grants neither READ, CREATE nor UPDATE on ${module.name}.`,
    ]
  })
}

/** Which records all roles together reach. */
export function reachSentence(module: ModuleDefinition, action: Action, policy: AccessPolicy, registry: Registry): Message {
  const [deciding, decisive] = decidingModule(module, action, registry)
  const admissions = policy.modules.get(deciding.name)?.actions.get(decisive) ?? []
  const reaches = admissions.map(({ scope, where }) => {
    if (scope === 'ALL') return where ? say`every record that a condition admits` : say`every record`
    return where ? say`records in the scope ${scope} that a condition admits` : say`records in the scope ${scope}`
  })
  const records = listed(reaches, ', and ')
  const own = module === deciding ? [] : (policy.modules.get(module.name)?.actions.get(action) ?? [])
  if (module === deciding) return say`So ${action} reaches ${records}.`
  const parent = deciding.name
  const way = own.length > 0 && own.every(({ where }) => where) ? say`the record's ${parent} and by conditions of its own` : say`the record's ${parent}`
  return own.some((each) => each.parent)
    ? say`So ${action} reaches ${records}, decided by ${way}, a role at a time, by what this role reaches of it.`
    : say`So ${action} reaches ${records}, decided by ${way}.`
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

function conditionText({ where }: Grant, module: ModuleDefinition, registry: Registry): string | Message | null {
  if (!where) return null
  const shown = shownPredicate(where, module, registry)
  return shown ? JSON.stringify(shown) : say`a field that is deleted decides, so it reaches nothing`
}

/** The level that all roles together give. */
export function levelSentence(module: ModuleDefinition, { name, sensitivity = 'none', inputs }: FieldDefinition, level: FieldLevel): Message {
  const place = `${module.name}.${name}`
  const told =
    sensitivity === 'none'
      ? say`The level of the field ${place} is ${level}.`
      : say`The level of the field ${place} is ${level} (its sensitivity is ${sensitivity}, so a role must list it).`
  if (inputs.length === 0) return told
  const behind = inputs.map((input) => `${input.module}.${input.field}`)
  return say`${told} It is computed, and hidden from whoever cannot read all of ${listed(behind)}.`
}

function grantsOn({ grants }: RoleRights, module: ModuleDefinition) {
  const key = moduleKey(module)
  return grants.filter((grant) => grant.module === key || grant.module === '*')
}
