import type { FilterNode } from '../read/request.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import type { AccessPolicy, Admission } from './policy.ts'

/**
 * Keys, as in `changed_fields` of the outbox, of what the conditions of all grants of the policy's user look at on the module's records themselves: fields, links that the record holds, external
 * ids. What they look at on related records is not among them.
 */
export function predicateFields(module: ModuleDefinition, policy: Pick<AccessPolicy, 'modules' | 'held'>): ReadonlySet<string> {
  const keys = new Set<string>()
  const access = (policy.held ?? policy.modules).get(module.name)
  if (!access) return keys
  const levels = [...access.partial.values()].flatMap(({ masked, read, update }) => [masked, read, update])
  for (const admissions of [...access.actions.values(), ...levels]) addAll(admissions, module, keys)
  return keys
}

/** Keys of what an update by a share alone leaves alone: owner, team, and what conditions of the own grants look at. */
export function keptFields(module: ModuleDefinition, policy: Pick<AccessPolicy, 'modules' | 'held'>): ReadonlySet<string> {
  const places = ['owner', 'team'].flatMap((name) => module.fields.get(name)?.id ?? [])
  return new Set([...places, ...predicateFields(module, policy)])
}

function addAll(admissions: readonly Admission[] | undefined, module: ModuleDefinition, keys: Set<string>): void {
  for (const { where } of admissions ?? []) if (where) add(where.node, module, keys)
}

function add(node: FilterNode, module: ModuleDefinition, keys: Set<string>): void {
  switch (node.kind) {
    case 'and':
    case 'or':
      for (const inner of node.nodes) add(inner, module, keys)
      return
    case 'not':
      add(node.node, module, keys)
      return
    case 'compare':
    case 'one':
      keys.add(node.field.id)
      return
    case 'many':
      if (node.relation.kind === 'linkSource') keys.add(node.relation.field.id)
      return
    case 'externalId':
      keys.add(`${module.name}.externalIds`)
  }
}
