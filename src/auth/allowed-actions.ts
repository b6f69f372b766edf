import { ACTIONS, type Action, type Principal } from '../records/access/policy.ts'
import { isAllowed, isUnavailable } from '../records/access/secured.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'

/** Actions that reach at least some records of the module. What belongs to records of another module goes by the rights on those too. */
export function allowedActions(module: ModuleDefinition, { policy }: Principal, registry: Registry): readonly Action[] {
  return ACTIONS.filter((action) => !isUnavailable(module, action) && isAllowed(module, action, policy, registry))
}
