import { intersected, united } from '../records/access/admissions.ts'
import { ACTIONS, type Action, type Admission } from '../records/access/policy.ts'
import { parentAction, parentOf } from '../records/access/secured.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { fieldKey } from './module-key.ts'

export type Reach = ReadonlyMap<Action, readonly Admission[]>

/** What several roles reach of one module. */
export interface Reaches {
  /** By each role, in the order of the roles. */
  readonly each: readonly Reach[]
  /** By all of them together, which with an access parent is more than what each reaches: the child by one role, its parent by another. */
  readonly all: Reach
}

/**
 * With an access parent a role reaches the records that its predicates admit below those that the same role reaches of the parent; where it grants nothing there that the
 * action asks for, it adds to what other roles reach, and goes with all of that. Scopes of the child do not count, here as in `secured`. `grantsOf`: grants per role.
 */
export function pairedReaches(module: ModuleDefinition, registry: Registry, grantsOf: (module: ModuleDefinition) => readonly Reach[]): Reaches {
  const own = grantsOf(module)
  if (module.accessParent === undefined) return { each: own, all: mapActions((action) => united(own.flatMap((reach) => reach.get(action) ?? []))) }
  const { field, module: parent } = parentOf(module, registry)
  const above = pairedReaches(parent, registry, grantsOf)
  const below = (reach: Reach, action: Action) => (reach.get(parentAction(action)) ?? []).map((admission) => lifted(admission, module, field, parent))
  const each = own.map((reach, index) =>
    mapActions((action) => {
      const parents = below(above.each[index] ?? new Map(), action)
      return intersected(withoutScopes(reach.get(action)), parents.length > 0 ? parents : below(above.all, action))
    }),
  )
  const every = (action: Action) => own.flatMap((reach) => withoutScopes(reach.get(action)))
  return { each, all: mapActions((action) => intersected(united(every(action)), below(above.all, action))) }
}

function mapActions(admissionsOf: (action: Action) => readonly Admission[]): Reach {
  return new Map(ACTIONS.map((action) => [action, admissionsOf(action)] as const).filter(([, admissions]) => admissions.length > 0))
}

function withoutScopes(admissions: readonly Admission[] = []): readonly Admission[] {
  return admissions.map((admission) => ({ ...admission, scope: 'ALL' }))
}

/** What admits a parent, said of its child: scopes are judged by the parent anyway. Below a deleted parent a predicate admits nothing. */
function lifted({ scope, where }: Admission, child: ModuleDefinition, field: FieldDefinition, parent: ModuleDefinition): Admission {
  if (!where) return { scope }
  // A list, so that no predicate of the child has this key.
  const key = JSON.stringify([fieldKey(child, field), where.key])
  return { scope, where: { node: { kind: 'one', field, module: parent, node: where.node }, key, plain: where.plain && !field.extension } }
}
