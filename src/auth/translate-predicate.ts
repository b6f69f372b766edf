import { VIEWER_VALUES } from '../records/access/predicate-sql.ts'
import type { ModuleDefinition, Registry } from '../records/registry/index.ts'
import { API_NAMES, PERMANENT_NAMES, type PredicateNames, type PredicateObject, relatedModule, relationOf } from './predicate-names.ts'

/** A predicate as clients write it, from what is stored; undefined where it names something that is deleted. */
export function shownPredicate(stored: PredicateObject, module: ModuleDefinition, registry: Registry): PredicateObject | undefined {
  return new Translation(PERMANENT_NAMES, API_NAMES, registry).object(stored, module)
}

/** A predicate to be stored, from one that a client wrote and that has been read without an issue. */
export function storedPredicate(given: PredicateObject, module: ModuleDefinition, registry: Registry): PredicateObject | undefined {
  return new Translation(API_NAMES, PERMANENT_NAMES, registry).object(given, module)
}

class Translation {
  readonly #from: PredicateNames
  readonly #to: PredicateNames
  readonly #registry: Registry

  constructor(from: PredicateNames, to: PredicateNames, registry: Registry) {
    this.#from = from
    this.#to = to
    this.#registry = registry
  }

  object(value: PredicateObject, module: ModuleDefinition): PredicateObject | undefined {
    return eachEntry(value, (name, inner) => {
      const member = this.#from.member(module, name, this.#registry)
      if (!member) return undefined
      const translated = this.#member(member, inner, module)
      return translated === undefined ? undefined : [this.#to.nameOf(module, member), translated]
    })
  }

  #member(member: NonNullable<ReturnType<PredicateNames['member']>>, inner: unknown, module: ModuleDefinition): unknown {
    switch (member.kind) {
      case 'and':
      case 'or': {
        const items = (inner as PredicateObject[]).map((item) => this.object(item, module))
        return items.includes(undefined) ? undefined : items
      }
      case 'not':
        return this.object(inner as PredicateObject, module)
      case 'externalId':
        return inner
    }
    const relation = relationOf(member, this.#registry)
    if (!relation) return this.#operators(inner as PredicateObject)
    const related = relatedModule(member, this.#registry)
    if (!related) return undefined
    if (relation === 'one') return this.object(inner as PredicateObject, related)
    return eachEntry(inner as PredicateObject, (quantifier, condition) => {
      const translated = this.object(condition as PredicateObject, related)
      return translated && [quantifier, translated]
    })
  }

  /** Operators with their values, some of which may be the viewer's; a part (`currency`) has operators of its own. */
  #operators(value: PredicateObject): PredicateObject | undefined {
    return eachEntry(value, (operator, operand) => {
      if (typeof operand !== 'object' || operand === null || Array.isArray(operand)) return [operator, operand]
      const { viewer } = operand as { viewer?: unknown }
      if (typeof viewer !== 'string') {
        const part = this.#operators(operand as PredicateObject)
        return part && [operator, part]
      }
      if ((VIEWER_VALUES as readonly string[]).includes(viewer)) return [operator, operand]
      const field = this.#from.viewerField(viewer, this.#registry)
      return field && [operator, { viewer: this.#to.viewerName(field) }]
    })
  }
}

/** The object with other entries; undefined where one of them has none. */
function eachEntry(value: PredicateObject, change: (name: string, inner: unknown) => readonly [string, unknown] | undefined): PredicateObject | undefined {
  const entries = Object.entries(value).map(([name, inner]) => change(name, inner))
  return entries.includes(undefined) ? undefined : Object.fromEntries(entries as [string, unknown][])
}
