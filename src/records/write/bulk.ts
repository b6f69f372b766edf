import { GuanxiError } from '../../errors/index.ts'
import { type AccessPolicy, type Action, type ModuleAccess, SCOPES, type Scope } from '../access/policy.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import type { WriteOutcome } from './request.ts'
import { type Authority, authorityOf, type Session } from './session.ts'

/**
 * Writes `count` records of one call by the caller's rights. More than one needs BULK on the module, and each of them must lie within its scope as well as within
 * that of the action. Throws FORBIDDEN.
 */
export async function writeMany(
  session: Session,
  module: ModuleDefinition,
  count: number,
  write: (authority: Authority) => Promise<WriteOutcome>,
): Promise<WriteOutcome> {
  const authority = authorityOf(session)
  if (count <= 1) return write(authority)
  const access = authority.policy.modules.get(module.name)
  const scope = access?.actions.get('BULK')
  if (!access || scope === undefined) {
    const message = `Your roles do not allow you to change several ${module.pluralName} in one call. Send them one by one.`
    throw new GuanxiError('FORBIDDEN', message, { module: module.name, action: 'BULK' })
  }
  session.uses.add(`BULK ${module.name}`)
  const within = narrowed(access, scope)
  if (within === access) return write(authority)
  try {
    return await write({ ...authority, policy: withAccess(authority.policy, module.name, within) })
  } catch (error) {
    if (!(error instanceof GuanxiError) || error.code !== 'FORBIDDEN') throw error
    throw new GuanxiError('FORBIDDEN', `${error.message} Calls with several ${module.pluralName} reach fewer of them than calls with one.`, error.details)
  }
}

/** The same rights, with no action on records beyond the scope; the very same object where none reaches farther. */
function narrowed(access: ModuleAccess, scope: Scope): ModuleAccess {
  const reachesFarther = (other: Scope) => SCOPES.indexOf(other) > SCOPES.indexOf(scope)
  const isWrite = (action: Action) => action !== 'READ' && action !== 'EXPORT'
  const entries = [...access.actions]
  if (!entries.some(([action, own]) => isWrite(action) && reachesFarther(own))) return access
  return { ...access, actions: new Map(entries.map(([action, own]) => [action, isWrite(action) && reachesFarther(own) ? scope : own])) }
}

function withAccess(policy: AccessPolicy, module: string, access: ModuleAccess): AccessPolicy {
  return { ...policy, modules: new Map([...policy.modules, [module, access]]) }
}
