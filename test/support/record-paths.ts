import { type GraphQLSchema, getNamedType, isInterfaceType, isObjectType } from 'graphql'
import type { ModuleDefinition, Registry } from '../../src/records/registry/index.ts'
import type { StoredRow, StoredRows } from './stored-rows.ts'

/** One step from a record to others, as the served schema has it. The same step is the same object. */
export interface Step {
  readonly field: string
  /** To-one, to-many, or to a record of any module, of which this is the way to those of `target`. */
  readonly kind: 'one' | 'many' | 'any'
  readonly target: string
  /** The field whose level decides about it, and the module that has it. */
  readonly holder: string
  readonly behind: string
  reach(row: StoredRow, rows: StoredRows): readonly StoredRow[]
}

/** The ways that are taken from a record, each with those that go on from there. */
export type Branch = Map<Step, Branch>

/** All steps of the served schema by module; those to any module are followed to the `anyOf`. */
export function stepsOf(schema: GraphQLSchema, registry: Registry, anyOf: readonly string[]): ReadonlyMap<string, readonly Step[]> {
  const byType = new Map([...registry.modules.values()].map(({ typeName, name }) => [typeName, name]))
  return new Map(
    [...registry.modules.values()].map((module) => {
      const type = schema.getType(module.typeName)
      const fields = isObjectType(type) ? Object.values(type.getFields()) : []
      const steps = fields.flatMap(({ name, type: fieldType }) => {
        const named = getNamedType(fieldType)
        const nodes = isObjectType(named) && named.name.endsWith('Connection') ? getNamedType(named.getFields()['nodes']?.type) : undefined
        if (isInterfaceType(named) && named.name === 'Record') return anyOf.map((target) => stepOf(module, name, 'any', target))
        const target = byType.get((nodes ?? named).name)
        return target === undefined ? [] : [stepOf(module, name, nodes ? 'many' : 'one', target)]
      })
      return [module.name, steps]
    }),
  )

  function stepOf(module: ModuleDefinition, name: string, kind: Step['kind'], target: string): Step {
    const inverse = module.inverses.get(name)
    const holder = inverse ? registry.module(inverse.module) : module
    const field = holder.fields.get(inverse?.field ?? name)
    if (!field) throw new Error(`${module.name}.${name} is no relation`)
    const { column } = field
    const reach = (row: StoredRow, rows: StoredRows): StoredRow[] => {
      if (field.type === 'REFERENCES') {
        const [near, far] = inverse ? (['target_id', 'source_id'] as const) : (['source_id', 'target_id'] as const)
        return (rows.links.get(column) ?? []).filter((link) => link[near] === row.id).map((link) => rows.byId.get(link[far]) as StoredRow)
      }
      if (inverse) return rows.of(holder.name).filter((each) => each[column] === row.id)
      const found = rows.byId.get(row[column] as string)
      return found ? [found] : []
    }
    return { field: name, kind, target, holder: holder.name, behind: field.name, reach }
  }
}

/** What a branch selects besides the id. `edges`: lists are read by their edges. `leaves`: what else is selected of a record of the module, from which the branch goes on. */
export function selectionOf(
  branch: Branch,
  typeOf: (module: string) => string,
  edges: boolean,
  leaves: (module: string, branch: Branch) => string = () => '',
): string {
  const parts = new Map<string, string>()
  for (const [{ field, kind, target }, inner] of branch) {
    const below = `id ${leaves(target, inner)} ${selectionOf(inner, typeOf, edges, leaves)}`
    if (kind === 'one') parts.set(field, `{ ${below} }`)
    else if (kind === 'many') parts.set(field, edges ? `{ edges { node { ${below} } } }` : `{ nodes { ${below} } }`)
    else parts.set(field, `${(parts.get(field) ?? '{ id }').slice(0, -1)} ... on ${typeOf(target)} { ${below} } }`)
  }
  return [...parts].map(([field, selection]) => `${field} ${selection}`).join(' ')
}

/** How many records and lists a branch selects. */
export function sizeOf(branch: Branch): number {
  let size = 0
  for (const [{ kind }, inner] of branch) size += (kind === 'many' ? 3 : 1) + sizeOf(inner)
  return size
}

/** An answer with lists as arrays in the order of ids, whichever way they were read. */
export function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  const { nodes, edges } = value as { nodes?: { id: string }[]; edges?: { node: { id: string } }[] }
  const list = nodes ?? edges?.map(({ node }) => node)
  if (list) return [...list].sort((a, b) => (a.id < b.id ? -1 : 1)).map(plain)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
}
