import { type FieldDefinition, fieldNamed, type ModuleDefinition, type Registry, targetOf } from '../records/registry/index.ts'
import { fieldKey } from './module-key.ts'

/** A filter object of the API, or one whose names of fields are their permanent keys: the form in which grants are stored. */
export type PredicateObject = Readonly<Record<string, unknown>>

/** What a member of a filter object stands for. `holder` has the field: the module itself, or for `inverse` the one whose records are listed. */
export type PredicateMember =
  | { readonly kind: 'and' | 'or' | 'not' | 'externalId' }
  | { readonly kind: 'field' | 'inverse'; readonly holder: ModuleDefinition; readonly field: FieldDefinition }

/** How fields are called in a filter object. */
export interface PredicateNames {
  member(module: ModuleDefinition, name: string, registry: Registry): PredicateMember | undefined
  nameOf(module: ModuleDefinition, member: PredicateMember): string
  /** Field of the module `user` after `viewer`. */
  viewerField(name: string, registry: Registry): FieldDefinition | undefined
  viewerName(field: FieldDefinition): string
}

const LOGIC: ReadonlyMap<string, PredicateMember> = new Map((['and', 'or', 'not', 'externalId'] as const).map((kind) => [kind, { kind }]))

/** Names that clients use, earlier ones of a field too. */
export const API_NAMES: PredicateNames = {
  member: (module, name, registry) => {
    const logic = LOGIC.get(name)
    if (logic) return logic
    const inverse = module.inverses.get(name)
    const holder = inverse ? registry.modules.get(inverse.module) : module
    const field = inverse ? holder?.fields.get(inverse.field) : fieldNamed(module, name)
    return holder && field && { kind: inverse ? 'inverse' : 'field', holder, field }
  },
  nameOf: (module, member) => {
    if (member.kind === 'field') return member.field.name
    if (member.kind !== 'inverse') return member.kind
    const { holder, field } = member
    return [...module.inverses.values()].find((inverse) => inverse.module === holder.name && inverse.field === field.name)?.name ?? ''
  },
  viewerField: (name, registry) => {
    const user = registry.modules.get('user')
    return user && fieldNamed(user, name)
  },
  viewerName: ({ name }) => name,
}

/** Keys that outlive renames: of fields as in `FieldGrant`, of lists with a mark before the key of the field that they are the other side of. */
export const PERMANENT_NAMES: PredicateNames = {
  member: (module, name, registry) => {
    const logic = LOGIC.get(name)
    if (logic) return logic
    if (!name.startsWith(INVERSE)) return withKey(module, name, 'field')
    for (const inverse of module.inverses.values()) {
      const holder = registry.modules.get(inverse.module)
      const found = holder && withKey(holder, name.slice(INVERSE.length), 'inverse')
      if (found?.field.name === inverse.field) return found
    }
    return undefined
  },
  nameOf: (_module, member) => {
    if (member.kind === 'field') return fieldKey(member.holder, member.field)
    return member.kind === 'inverse' ? `${INVERSE}${fieldKey(member.holder, member.field)}` : member.kind
  },
  viewerField: (name, registry) => [...(registry.modules.get('user')?.fields.values() ?? [])].find(({ id }) => id === name),
  viewerName: ({ id }) => id,
}

/** No name of a field begins with it. */
const INVERSE = '~'

function withKey(holder: ModuleDefinition, key: string, kind: 'field' | 'inverse') {
  const field = [...holder.fields.values()].find((each) => fieldKey(holder, each) === key)
  return field && { kind, holder, field }
}

/** Relation that a member leads through; undefined for a value to compare. */
export function relationOf(member: Extract<PredicateMember, { field: FieldDefinition }>, registry: Registry): 'one' | 'many' | undefined {
  const { kind, field } = member
  if (kind === 'inverse' || field.type === 'REFERENCES') return 'many'
  return (field.type === 'REFERENCE' && field.reference?.module !== '*') || field.type === 'USER' ? relatedModule(member, registry) && 'one' : undefined
}

/** Module of the related records. */
export function relatedModule({ kind, holder, field }: Extract<PredicateMember, { field: FieldDefinition }>, registry: Registry): ModuleDefinition | undefined {
  if (kind === 'inverse') return holder
  return field.type === 'USER' ? registry.modules.get('user') : targetOf(field, registry)
}
