import { type Issue, type Message, say } from '../../errors/index.ts'
import type { Principal } from '../access/policy.ts'
import { fieldLevel, isAllowed, isEverWritable, partialLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import type { Session } from './session.ts'

/** All that is said where what stands in the way is nothing that the caller knows of. */
export const UNTOLD = say`This record cannot be written as it stands; ask an administrator.`

/**
 * The caller may hear of the field: its value is shown in full, or may be written, be it on some records. Refusals of what the system derives are told to the
 * caller too, whose own rights therefore count, not those that the write goes by.
 */
export function isTold({ policy }: Pick<Principal, 'policy'>, module: string, field: string): boolean {
  return fieldLevel(policy, module, field) === 'READ' || partialLevel(policy, module, field)?.read !== undefined || isEverWritable(policy, module, field)
}

/** The caller may do something with records of the module, so that its name is no news. */
export function isKnownModule({ policy }: Pick<Principal, 'policy'>, { name }: ModuleDefinition): boolean {
  return (policy.modules.get(name)?.actions.size ?? 0) > 0
}

/** An issue about a field, as the caller may hear it: of one that is hidden neither the name nor anything that the message says of it, at the item's own path. */
export function issueOfField(
  principal: Pick<Principal, 'policy'>,
  { module, name }: Pick<FieldDefinition, 'module' | 'name'>,
  itemPath: Issue['path'],
  { code, message, at = [] }: { readonly code: string; readonly message: Message; readonly at?: Issue['path'] },
): Issue {
  return isTold(principal, module, name) ? { path: [...itemPath, name, ...at], code, message } : { path: itemPath, code, message: UNTOLD }
}

/** Nothing but a hidden field is what it is about. */
export function isUntold({ message }: Issue): boolean {
  return message === UNTOLD
}

/** Adds an issue; of several hidden fields no more is told than of one. */
export function addIssue(issues: Issue[], issue: Issue): void {
  const isSame = ({ path, code, message }: Issue) => message === issue.message && code === issue.code && path.join() === issue.path.join()
  if (!isUntold(issue) || !issues.some(isSame)) issues.push(issue)
}

/** The caller may hear that records of the other module are related by the field: it is none that is hidden, and such records are read. */
export function isToldOfRelation(
  { principal, registry }: Pick<Session, 'principal' | 'registry'>,
  { module, name }: Pick<FieldDefinition, 'module' | 'name'>,
  other: ModuleDefinition,
): boolean {
  return isTold(principal, module, name) && isAllowed(other, 'READ', principal.policy, registry)
}
