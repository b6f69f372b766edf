import type { GraphQLNamedType } from 'graphql'
import { DefectError } from '../../errors/index.ts'

/**
 * The named types of one schema in the making, each with its owner, so that two owners of one name are a clear error and
 * not a silent mixture.
 */
export class TypeTable {
  readonly #types = new Map<string, { readonly type: GraphQLNamedType; readonly owner: string }>()

  /** Adds a type. Throws DefectError if the name is taken, naming its owner. */
  add<T extends GraphQLNamedType>(type: T, owner: string): T {
    const taken = this.#types.get(type.name)
    if (taken) throw new DefectError(`The type ${type.name} of ${owner} is already a type of ${taken.owner}.`)
    this.#types.set(type.name, { type, owner })
    return type
  }

  types(): readonly GraphQLNamedType[] {
    return [...this.#types.values()].map(({ type }) => type)
  }

  find(name: string): GraphQLNamedType | undefined {
    return this.#types.get(name)?.type
  }

  ownerOf(name: string): string | undefined {
    return this.#types.get(name)?.owner
  }
}
