import { type DocumentNode, execute, type FieldNode, type GraphQLSchema, Kind, type OperationDefinitionNode, print, type VariableDefinitionNode } from 'graphql'
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

  /** JSON text of what the document, which asks about the schema alone, is answered. */
  async tell(document: DocumentNode, { sent, coerced }: Variables, runtime: Runtime, principal: Principal): Promise<string> {
    const key = JSON.stringify([shapeOf(principal), print(document), coerced])
    const isServed = () => this.#version === runtime.version
    const known = isServed() ? this.#answers.get(key) : undefined
    if (known !== undefined) return known
    const { data } = await execute({ schema: this.of(runtime, principal), document, variableValues: sent })
    const text = JSON.stringify(data ?? {})
    if (isServed()) this.#answers.set(key, text)
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

/** An operation taken apart: what asks about the schema, and everything else. */
export interface SplitOperation {
  readonly telling: DocumentNode | null
  readonly rest: DocumentNode | null
  /** Response keys of both in their order. */
  readonly keys: readonly string[]
}

/** Takes `__schema` and `__type` out of an operation; `telling` is null where it selects neither. */
export function splitIntrospection({ operation, fragments }: PreparedOperation, coerced: Variables['coerced'], schema: GraphQLSchema): SplitOperation {
  const query = schema.getQueryType()
  const groups = query ? [...collectFields(query, [operation.selectionSet], { schema, fragments, variables: coerced })] : []
  const kindOf = ([, [first]]: (typeof groups)[number]) => (first as FieldNode).name.value
  const telling = groups.filter((group) => INTROSPECTIVE.has(kindOf(group)))
  const others = groups.filter((group) => !INTROSPECTIVE.has(kindOf(group)))
  // Alone with them, `__typename` is answered with them.
  const isWhole = others.every((group) => kindOf(group) === '__typename')
  const documentOf = (selected: typeof groups, variables: OperationDefinitionNode['variableDefinitions']): DocumentNode => ({
    kind: Kind.DOCUMENT,
    definitions: [
      {
        ...operation,
        ...(variables && { variableDefinitions: variables }),
        selectionSet: { kind: Kind.SELECTION_SET, selections: selected.flatMap(([, nodes]) => nodes) },
      },
      ...Object.values(fragments),
    ],
  })
  return {
    telling: telling.length > 0 ? documentOf(isWhole ? groups : telling, operation.variableDefinitions?.filter(isPlain)) : null,
    rest: isWhole ? null : documentOf(others, operation.variableDefinitions),
    keys: groups.map(([key]) => key),
  }
}

const INTROSPECTIVE: ReadonlySet<string> = new Set(['__schema', '__type'])

/** Variables of other types are for other fields, and their types may not be visible. */
function isPlain({ type }: VariableDefinitionNode): boolean {
  const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type
  return named.kind === Kind.NAMED_TYPE && (named.name.value === 'Boolean' || named.name.value === 'String')
}
