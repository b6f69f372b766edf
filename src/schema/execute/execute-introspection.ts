import { type DocumentNode, execute, type FieldNode, type GraphQLSchema, Kind, type VariableDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Principal } from '../../records/access/policy.ts'
import type { Runtime } from '../operation.ts'
import { collectFields } from '../plan/collect-fields.ts'
import { visibilityFor } from '../visible/visibility.ts'
import { visibleSchema } from '../visible/visible-schema.ts'
import type { PreparedOperation } from './prepared-operation.ts'

/** Schemas that are kept: each takes some megabytes, and only development tools ask for them. */
const KEPT = 8
/** Bytes of the answers that are kept, at two a character: one about the whole schema takes a second to make and is some megabytes long. */
const KEPT_BYTES = 64 * 1024 * 1024

/** The schema as callers may see it, and what was told of it: made when one of a permission shape asks, kept for the version that is served. */
export class VisibleSchemas {
  readonly #schemas = new LRUCache<string, GraphQLSchema>({ max: KEPT })
  readonly #answers = new LRUCache<string, string>({ maxSize: KEPT_BYTES, sizeCalculation: (text, key) => 2 * (text.length + key.length) })
  #version = 0

  /** JSON text of the answer to an operation that asks about the schema alone; null where it asks for something else too. */
  async tell(prepared: PreparedOperation, variables: Variables, runtime: Runtime, principal: Principal): Promise<string | null> {
    const { operation } = prepared
    const key = JSON.stringify([shapeOf(principal), operation.loc?.source.body, operation.name?.value, variables.coerced])
    const known = this.#version === runtime.version ? this.#answers.get(key) : undefined
    if (known !== undefined) return known
    const told = await introspect(prepared, variables, this.of(runtime, principal))
    if (!told?.whole) return null
    const text = JSON.stringify(told.data)
    if (operation.loc && this.#version === runtime.version) this.#answers.set(key, text)
    return text
  }

  of({ version, registry, schema }: Runtime, principal: Principal): GraphQLSchema {
    const key = shapeOf(principal)
    const isServed = this.#version === version
    const known = isServed ? this.#schemas.get(key) : undefined
    if (known) return known
    const visible = visibleSchema(schema, visibilityFor(principal, registry))
    if (isServed) this.#schemas.set(key, visible)
    return visible
  }

  /** This version is served from now on; nothing of the one before is kept. */
  serve({ version }: Runtime): void {
    this.#schemas.clear()
    this.#answers.clear()
    this.#version = version
  }
}

/** Who sees the same. Roles count beside the permission shape: what is written by hand is for administrators or for everyone. */
function shapeOf({ policy, roles }: Principal): string {
  return `${policy.shape}|${roles.join()}`
}

/** Values of an operation's variables, as they were sent and as they are read. */
export interface Variables {
  readonly sent: Readonly<Record<string, unknown>>
  readonly coerced: Readonly<Record<string, unknown>>
}

/** Members of `data` that tell about the schema, by their response keys. */
export interface Introspection {
  readonly data: Readonly<Record<string, unknown>>
  /** The operation selects nothing else. */
  readonly whole: boolean
}

/** Answers `__schema` and `__type` of an operation by the schema that is given; null where it selects neither. */
export async function introspect(prepared: PreparedOperation, variables: Variables, schema: GraphQLSchema): Promise<Introspection | null> {
  const { operation, fragments } = prepared
  const query = schema.getQueryType()
  if (!query) return null
  const groups = [...collectFields(query, [operation.selectionSet], { schema, fragments, variables: variables.coerced }).values()]
  const telling = groups.filter(([first]) => isIntrospective(first as FieldNode))
  if (telling.length === 0) return null
  const neutral = groups.filter(([first]) => (first as FieldNode).name.value === '__typename')
  const whole = telling.length + neutral.length === groups.length
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        ...operation,
        variableDefinitions: operation.variableDefinitions?.filter(isPlain) ?? [],
        selectionSet: { kind: Kind.SELECTION_SET, selections: [...telling, ...(whole ? neutral : [])].flat() },
      },
      ...Object.values(fragments),
    ],
  }
  const { data } = await execute({ schema, document, variableValues: variables.sent })
  return { data: data ?? {}, whole }
}

/** Variables of other types are for other fields, and their types may not be visible. */
function isPlain({ type }: VariableDefinitionNode): boolean {
  const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type
  return named.kind === Kind.NAMED_TYPE && (named.name.value === 'Boolean' || named.name.value === 'String')
}

function isIntrospective({ name: { value } }: FieldNode): boolean {
  return value === '__schema' || value === '__type'
}
