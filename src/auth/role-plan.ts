import { GuanxiError, type Issue, type Message, say } from '../errors/index.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Registry } from '../records/registry/definition.ts'
import { hiddenRights } from './hidden-rights.ts'
import { withInherited } from './inherited-roles.ts'
import type { StoredRole } from './rights.ts'
import { checkRoleNames, type RoleRightsInput, resolveRights, throwIssues } from './role-input.ts'
import { ADMINISTRATOR, type NewFields } from './shipped-roles.ts'

/** What of a role may be written, but for its key. What is left out stays as it is; grants, fields and inherited roles are replaced as a whole. */
export interface RoleChange extends RoleRightsInput {
  readonly name?: string | null
  /** Keys of other roles. */
  readonly inherits?: readonly string[] | null
  readonly newFields?: NewFields | null
}

/**
 * The role as the change would leave it. What it says about deleted modules and fields stays, since nobody is told of it. What `newFields` says counts for
 * fields that are made since the role does not follow its actions any more. Throws FORBIDDEN for `admin`, VALIDATION_FAILED.
 */
export function plannedRole(role: StoredRole, change: RoleChange, roles: readonly StoredRole[], author: Principal, registry: Registry): StoredRole {
  if (role.key === ADMINISTRATOR) throw new GuanxiError('FORBIDDEN', say`The role admin always allows everything and cannot be changed.`)
  const issues: Issue[] = []
  checkRoleNames(undefined, change.name, issues)
  const { grants, fields } = resolveRights(change, author, registry, issues)
  checkInherited(role.key, change.inherits ?? [], roles, issues)
  throwIssues(issues)
  const hidden = hiddenRights(role, registry)
  return {
    ...role,
    ...(change.name != null && { name: change.name.trim() }),
    ...(change.grants != null && { grants: [...grants, ...hidden.grants] }),
    ...(change.fields != null && { fields: [...fields, ...hidden.fields] }),
    ...(change.inherits != null && { inherits: change.inherits }),
    ...(change.newFields != null && { newFields: change.newFields }),
    ...(change.newFields != null && role.newFields === 'FOLLOW' && { newFieldsAfter: lastOrdinal(registry) }),
  }
}

/** Checks the roles that the role `key`, which may not stand yet, is to inherit; `issues` gets what is wrong. */
export function checkInherited(key: string, inherits: readonly string[], roles: readonly StoredRole[], issues: Issue[]): void {
  for (const [index, each] of inherits.entries()) {
    const refuse = (code: string, message: Message) => issues.push({ path: ['input', 'inherits', index], code, message })
    const role = roles.find((known) => known.key === each)
    if (inherits.indexOf(each) < index) refuse('DUPLICATE', say`The role ${each} is listed twice.`)
    else if (each === key) refuse('CYCLE', say`A role cannot inherit itself.`)
    else if (!role) refuse('UNKNOWN', say`There is no role with the key ${JSON.stringify(each.slice(0, 60))}.`)
    else if (each === ADMINISTRATOR)
      refuse('NOT_APPLICABLE', say`The role admin is given to people and cannot be inherited, so that it is always plain who holds it.`)
    else if (withInherited([role], roles).some((inherited) => inherited.key === key))
      refuse('CYCLE', say`The role ${each} inherits ${key}, so ${key} cannot inherit it.`)
  }
}

function lastOrdinal(registry: Registry): number {
  return Math.max(0, ...[...registry.modules.values()].flatMap(({ fields }) => [...fields.values()].map(({ ordinal = 0 }) => ordinal)))
}
