import type { FieldNode, FragmentDefinitionNode, GraphQLSchema } from 'graphql'
import type { AccessPolicy } from '../../records/access/policy.ts'
import { fieldLevel, isAllowed, partialLevel } from '../../records/access/secured.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../../records/registry/definition.ts'

/** A selection that the reader's rights turn into null. */
export interface RedactedSelection {
  /** Response path without list indexes. */
  readonly path: readonly string[]
  readonly typeName: string
  readonly fieldName: string
  readonly state: 'hidden' | 'masked'
  /** Some of the records show more. */
  readonly partly?: true
}

/** What is needed to turn a GraphQL selection into a neutral one, and what is found on the way. */
export interface CollectContext {
  readonly schema: GraphQLSchema
  readonly registry: Registry
  readonly policy: AccessPolicy
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  /** Coerced variable values. */
  readonly variables: Readonly<Record<string, unknown>>
  readonly redacted: RedactedSelection[]
  /** Ids of the custom fields that the operation names. */
  readonly named: Set<string>
  /** Told of polymorphic references, whose records are read later. */
  readonly meetAny?: (nodes: readonly FieldNode[], path: readonly string[]) => void
  /** Set where something is selected that the ordinary graphql-js path must answer. */
  ordinary: boolean
  /** Conditions in the filters of the present root field so far; `collect-filter` bounds them. */
  conditions?: number
  /** Relations that they look into. */
  relations?: number
}

/** The operation names the field: counted for custom ones. */
export function noteNamed(context: CollectContext, field: FieldDefinition): void {
  if (field.custom) context.named.add(field.id)
}

/** The reader's level on a field that the operation names. Every such field comes by here, so that none is read unasked or used uncounted. */
export function levelOf(context: CollectContext, module: ModuleDefinition, field: FieldDefinition) {
  noteNamed(context, field)
  return fieldLevel(context.policy, module.name, field.name)
}

/** Some record shows the whole value, or a part of it, although not all do. */
export function isPartlyShown({ policy }: CollectContext, module: ModuleDefinition, field: FieldDefinition): boolean {
  const partial = partialLevel(policy, module.name, field.name)
  return partial?.read !== undefined || partial?.masked !== undefined
}

/** Some record shows the whole value. */
export function isEverReadable(context: CollectContext, module: ModuleDefinition, field: FieldDefinition): boolean {
  return isUsable(context, module, field) || partialLevel(context.policy, module.name, field.name)?.read !== undefined
}

/** The field can be filtered, ordered and grouped by: readable in full. */
export function isUsable(context: CollectContext, module: ModuleDefinition, field: FieldDefinition): boolean {
  const level = levelOf(context, module, field)
  return level === 'READ' || level === 'WRITE'
}

/** Some records of the module may be readable. */
export function isModuleReadable(context: CollectContext, module: ModuleDefinition): boolean {
  return isAllowed(module, 'READ', context.policy, context.registry)
}
