import { GuanxiError, say } from '../../errors/index.ts'
import { coversAll, intersected } from '../access/admissions.ts'
import type { AccessPolicy, Action, Admission, ModuleAccess } from '../access/policy.ts'
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
  const reach = access?.actions.get('BULK')
  if (!access || reach === undefined) {
    const message = say`Your roles do not allow you to change several ${module.pluralName} in one call. Send them one by one.`
    throw new GuanxiError('FORBIDDEN', message, { module: module.name, action: 'BULK' })
  }
  session.uses.add(`BULK ${module.name}`)
  const within = narrowed(access, reach)
  if (within === access) return write(authority)
  try {
    return await write({ ...authority, policy: withAccess(authority.policy, module.name, within) })
  } catch (error) {
    if (!(error instanceof GuanxiError) || error.code !== 'FORBIDDEN') throw error
    throw new GuanxiError('FORBIDDEN', say`${error.text} Calls with several ${module.pluralName} reach fewer of them than calls with one.`, error.details)
  }
}

/** The same rights, with no action on records beyond these; the very same object where none reaches farther. */
function narrowed(access: ModuleAccess, reach: readonly Admission[]): ModuleAccess {
  const reachesFarther = (action: Action, own: readonly Admission[]) => action !== 'READ' && action !== 'EXPORT' && !coversAll(reach, own)
  const entries = [...access.actions]
  if (!entries.some(([action, own]) => reachesFarther(action, own))) return access
  return { ...access, actions: new Map(entries.map(([action, own]) => [action, reachesFarther(action, own) ? intersected(own, reach) : own])) }
}

function withAccess(policy: AccessPolicy, module: string, access: ModuleAccess): AccessPolicy {
  return { ...policy, modules: new Map([...policy.modules, [module, access]]) }
}
