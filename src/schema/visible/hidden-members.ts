import type { GraphQLField, GraphQLInputField } from 'graphql'
import type { AccessPolicy, Principal } from '../../records/access/policy.ts'
import { isEverShown } from '../../records/access/secured.ts'
import type { Registry } from '../../records/registry/index.ts'
import { modulesOfInputs, visibilityFor } from './visibility.ts'

/** The members of the schema's types that a caller must not be able to tell from names that do not exist. */
export interface HiddenMembers {
  input(typeName: string, field: GraphQLInputField): boolean
  output(typeName: string, field: GraphQLField<unknown, unknown>): boolean
}

const known = new WeakMap<AccessPolicy, { readonly registry: Registry; readonly members: HiddenMembers }>()

/**
 * Inputs that stand for fields which may not be read in full, and aggregates of them. A field that is shown masked, or only not written, is no secret
 * to a writer, and what stands for a hidden one in a selection is told by FORBIDDEN_FIELD. Inputs of a module on which nothing is allowed are left to the refusal of its operations.
 */
export function hiddenMembersFor(principal: Principal, registry: Registry): HiddenMembers {
  const { policy } = principal
  const cached = known.get(policy)
  if (cached?.registry === registry) return cached.members
  const visibility = visibilityFor(principal, registry)
  const modules = modulesOfInputs(registry)
  const members: HiddenMembers = {
    input: (typeName, field) => {
      const { guanxi } = field.extensions
      const place = modules.get(typeName)
      if (guanxi === undefined || place === undefined) return false
      if (!place.isReference && (policy.modules.get(place.module)?.actions.size ?? 0) === 0) return false
      return guanxi.kind === 'value' ? !isEverShown(policy, place.module, guanxi.field) : !visibility.input(typeName, field)
    },
    output: (typeName, field) => field.extensions.guanxi?.kind === 'aggregateValue' && !visibility.output(typeName, field),
  }
  known.set(policy, { registry, members })
  return members
}
