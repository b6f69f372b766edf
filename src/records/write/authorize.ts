import { GuanxiError, type Message, say } from '../../errors/index.ts'
import type { Action } from '../access/policy.ts'
import { isAllowed } from '../access/secured.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import type { Authority, Session } from './session.ts'

const VERBS: Readonly<Record<Action, Message>> = {
  CREATE: say`create`,
  READ: say`read`,
  UPDATE: say`update`,
  DELETE: say`delete`,
  RESTORE: say`restore`,
  EXPORT: say`export`,
  BULK: say`change several of`,
}

/** Actions that give a record no values: the record as it stands decides whether they may be carried out, not what they make of it. */
export type StandingAction = Extract<Action, 'DELETE' | 'RESTORE'>

export function isStanding(action: Action): action is StandingAction {
  return action === 'DELETE' || action === 'RESTORE'
}

/** At most so many records in one call. */
export const MAX_ITEMS = 1000

/**
 * Throws FORBIDDEN unless the authority has the action on some of the module's records. Notes that the caller uses it. `path`: of the item that needs it, where others of the call do not: whoever sends a thousand must
 * learn which one it is.
 */
export function authorize(session: Session, module: ModuleDefinition, action: Action, authority: Authority, path?: readonly (string | number)[]): void {
  if (!mayAct(session, module, action, authority)) throw path ? forbiddenRecord(module, action, path) : forbidden(module, action)
  if (!authority.derived) session.uses.add(`${action} ${module.name}`)
}

export function mayAct(session: Session, module: ModuleDefinition, action: Action, authority: Authority): boolean {
  return isAllowed(module, action, authority.policy, session.registry)
}

/** The caller's roles give nothing at all for this action. */
export function forbidden(module: ModuleDefinition, action: Action): GuanxiError {
  return new GuanxiError('FORBIDDEN', say`Your roles do not allow you to ${VERBS[action]} ${module.pluralName}.`, { module: module.name, action })
}

/** The caller may act on some records of the module, but not on these. */
export function forbiddenRecord(module: ModuleDefinition, action: Action, path: readonly (string | number)[]): GuanxiError {
  return new GuanxiError('FORBIDDEN', say`Your roles do not allow you to ${VERBS[action]} this ${module.name}.`, { module: module.name, action, path })
}

/** The record as it would be written lies outside of what the caller may write. */
export function forbiddenImage(module: ModuleDefinition, action: Action, path: readonly (string | number)[]): GuanxiError {
  return new GuanxiError(
    'FORBIDDEN',
    say`Your roles do not allow you to ${VERBS[action]} ${module.pluralName} with this owner, team or parent, or with these values. What is only shared with you keeps its owner, its team and the values that decide about your roles' rights.`,
    {
      module: module.name,
      action,
      path,
    },
  )
}

/** Throws LIMIT_EXCEEDED for more items than one call may carry. */
export function checkItemLimit(module: ModuleDefinition, count: number): void {
  if (count > MAX_ITEMS) {
    throw new GuanxiError('LIMIT_EXCEEDED', say`One call may carry at most ${MAX_ITEMS} ${module.pluralName}; this one has ${count}. Send them in parts.`, {
      limit: MAX_ITEMS,
      asked: count,
    })
  }
}
