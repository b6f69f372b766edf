import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { refusedScalar, unserializable } from './refusal.ts'

/** Levels of lists and objects; beyond it writers and readers of JSON text would have to fear for their stacks. */
const MAXIMUM_DEPTH = 64

type Variables = Readonly<Record<string, unknown>> | null | undefined

/**
 * Any JSON value, at most 64 levels deep. Objects made from literals have no prototype, and a member named `__proto__`
 * is a member like any other. Numbers are doubles: use text where digits matter.
 */
export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value, nested at most 64 levels deep.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize(value) {
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') throw unserializable('JSON')
    return value
  },
  parseValue(value) {
    assertShallow(value)
    return value
  },
  parseLiteral(node, variables) {
    const value = literalValue(node, variables, 0)
    assertShallow(value)
    return value
  },
})

/** `depth` counts the lists and objects around the node. */
function literalValue(node: ValueNode, variables: Variables, depth: number): unknown {
  if (depth === MAXIMUM_DEPTH && (node.kind === Kind.LIST || node.kind === Kind.OBJECT)) throw tooDeep()
  switch (node.kind) {
    case Kind.NULL:
      return null
    case Kind.INT:
    case Kind.FLOAT:
      return finiteNumber(node.value)
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.BOOLEAN:
      return node.value
    case Kind.VARIABLE:
      return variables?.[node.name.value]
    case Kind.LIST:
      return node.values.map((value) => literalValue(value, variables, depth + 1))
    case Kind.OBJECT: {
      const object: Record<string, unknown> = Object.create(null)
      for (const field of node.fields) object[field.name.value] = literalValue(field.value, variables, depth + 1)
      return object
    }
  }
}

function finiteNumber(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value)) throw refusedScalar('A number inside JSON must fit a double', text)
  return value
}

/** Walks without recursion, so that the check itself survives any depth. */
function assertShallow(root: unknown): void {
  let level = containersIn([root])
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAXIMUM_DEPTH) throw tooDeep()
    level = level.flatMap((container) => containersIn(Array.isArray(container) ? container : Object.values(container)))
  }
}

function containersIn(values: readonly unknown[]): object[] {
  return values.filter((value) => typeof value === 'object' && value !== null)
}

function tooDeep(): Error {
  return new GraphQLError(`JSON must not be nested deeper than ${MAXIMUM_DEPTH} levels.`)
}
