import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'

/**
 * The neutral selection tree: what a caller wants to read, without GraphQL. `key` is the member's name in the JSON
 * answer (a GraphQL response key), and members appear in the order of the list.
 */
export interface RecordSelection {
  readonly module: ModuleDefinition
  readonly fields: readonly SelectedField[]
}

export type SelectedField =
  | { readonly kind: 'typename'; readonly key: string; readonly value: string }
  | { readonly kind: 'value'; readonly key: string; readonly field: FieldDefinition }
  /** MONEY {amount currency}, PHONE {raw e164}, ADDRESS and GEO members. */
  | { readonly kind: 'parts'; readonly key: string; readonly field: FieldDefinition; readonly parts: readonly SelectedPart[] }
  | { readonly kind: 'one'; readonly key: string; readonly field: FieldDefinition; readonly selection: RecordSelection }
  | {
      readonly kind: 'many'
      readonly key: string
      readonly module: ModuleDefinition
      readonly relation: ToManyRelation
      readonly list: ListArguments
      readonly connection: ConnectionSelection
    }
  /** The whole value as `values` writes it: references as ids, as far as the reader could read the records themselves. */
  | { readonly kind: 'whole'; readonly key: string; readonly field: FieldDefinition }
  | { readonly kind: 'displayName'; readonly key: string }
  | { readonly kind: 'values'; readonly key: string; readonly names: Operand | null }
  | { readonly kind: 'externalIds'; readonly key: string; readonly parts: readonly SelectedPart[] }
  | { readonly kind: 'viewerAccess'; readonly key: string; readonly parts: readonly SelectedPart[] }
  /** Selected although hidden: null in the answer (the schema layer reports it). */
  | { readonly kind: 'hidden'; readonly key: string }
  /** Raw columns needed by a resolver of the ordinary path (id, a polymorphic reference's id …). `shows`: null on rows on which none of these fields is shown. */
  | { readonly kind: 'raw'; readonly key: string; readonly column: string; readonly shows?: readonly FieldDefinition[] }

/**
 * How a to-many relation finds its records: by a column of theirs that refers to the record, or by the link table of a REFERENCES field,
 * which the record holds (it is the source) or is the target of.
 */
export interface ToManyRelation {
  readonly kind: 'column' | 'linkSource' | 'linkTarget'
  readonly field: FieldDefinition
}

export interface SelectedPart {
  readonly key: string
  /** Member name, or `__typename` with its value. */
  readonly part: string
  readonly value?: string
}

/** A value known when the plan is made, or one read from the operation's variables at each execution. */
export type Operand = { readonly kind: 'constant'; readonly value: unknown } | { readonly kind: 'variable'; readonly name: string }

export interface ListArguments {
  readonly filter: FilterNode | null
  readonly search: Operand | null
  readonly orderBy: readonly OrderKey[]
  readonly deleted: 'EXCLUDE' | 'ONLY' | 'INCLUDE'
  /** Exactly one of first and last is a number; checked against the limits. */
  readonly first: number | null
  readonly last: number | null
  readonly after: Operand | null
  readonly before: Operand | null
}

export type FilterNode =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly FilterNode[] }
  | { readonly kind: 'not'; readonly node: FilterNode }
  | { readonly kind: 'compare'; readonly field: FieldDefinition; readonly part: string | null; readonly operator: CompareOperator; readonly operand: Operand }
  /** To-one relation: the related record exists (and is readable) and matches. */
  | { readonly kind: 'one'; readonly field: FieldDefinition; readonly module: ModuleDefinition; readonly node: FilterNode }
  | {
      readonly kind: 'many'
      readonly quantifier: 'some' | 'none' | 'every'
      readonly module: ModuleDefinition
      readonly relation: ToManyRelation
      readonly node: FilterNode
    }
  | { readonly kind: 'externalId'; readonly system: Operand; readonly externalKey: Operand }

export type CompareOperator =
  | 'eq'
  | 'ne'
  | 'in'
  | 'notIn'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'isNull'
  | 'hasAny'
  | 'hasAll'
  | 'hasNone'
  | 'isEmpty'

export interface OrderKey {
  /** To-one steps from the listed module to the module that holds `field`; empty for an own field. */
  readonly through: readonly FieldDefinition[]
  readonly field: FieldDefinition
  readonly direction: 'ASC' | 'DESC'
}

export interface ConnectionSelection {
  /** In selection order; a member may occur several times under different keys. */
  readonly members: readonly ConnectionMember[]
}

export type ConnectionMember =
  | { readonly kind: 'typename'; readonly key: string; readonly value: string }
  | { readonly kind: 'nodes'; readonly key: string; readonly selection: RecordSelection }
  | { readonly kind: 'edges'; readonly key: string; readonly members: readonly EdgeMember[] }
  | { readonly kind: 'pageInfo'; readonly key: string; readonly parts: readonly SelectedPart[] }
  | { readonly kind: 'totalCount'; readonly key: string }

export type EdgeMember =
  | { readonly kind: 'typename'; readonly key: string; readonly value: string }
  | { readonly kind: 'cursor'; readonly key: string }
  | { readonly kind: 'node'; readonly key: string; readonly selection: RecordSelection }

/** Date part of a group key; a bucket is written as its first day (or instant, for HOUR). */
export type DateBucket = 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR'

export interface GroupKey {
  readonly through: readonly FieldDefinition[]
  readonly field: FieldDefinition
  /** Members of the answer's key that the steps and the field stand under. */
  readonly names: readonly string[]
  readonly bucket: DateBucket | null
}

export type AggregateFunction = 'sum' | 'avg' | 'min' | 'max'

export type AggregateMember =
  | { readonly kind: 'typename'; readonly key: string; readonly value: string }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'count'; readonly key: string }
  | { readonly kind: 'function'; readonly key: string; readonly function: AggregateFunction; readonly members: readonly AggregateValue[] }

export interface AggregateValue {
  readonly key: string
  /** Absent for `__typename`, whose text is `value`. */
  readonly field?: FieldDefinition
  /** MONEY members {amount currency}. */
  readonly parts?: readonly SelectedPart[]
  readonly value?: string
}

export type AggregateOrder =
  | { readonly kind: 'count'; readonly direction: 'ASC' | 'DESC' }
  | { readonly kind: 'key'; readonly index: number; readonly direction: 'ASC' | 'DESC' }
  | { readonly kind: 'function'; readonly function: AggregateFunction; readonly field: FieldDefinition; readonly direction: 'ASC' | 'DESC' }

/** Changes in a window of positions, as their reader may know them (`changes.ts`). The filter looks at the records' own fields. */
export interface ChangesRequest {
  readonly kind: 'changes'
  readonly module: ModuleDefinition
  readonly filter: FilterNode | null
}

/** One root record field of an operation; becomes one statement. */
export type ReadRequest =
  | { readonly kind: 'list'; readonly module: ModuleDefinition; readonly list: ListArguments; readonly connection: ConnectionSelection }
  | { readonly kind: 'get'; readonly module: ModuleDefinition; readonly id: Operand; readonly selection: RecordSelection }
  | { readonly kind: 'getBy'; readonly module: ModuleDefinition; readonly by: UniqueKey; readonly selection: RecordSelection }
  /** Records by id in the order given (payloads of mutations, `nodes`, batched relations); a missing or unreadable one is null. `deleted`: also those in the recycle bin. */
  | { readonly kind: 'byIds'; readonly module: ModuleDefinition; readonly ids: Operand; readonly deleted: boolean; readonly selection: RecordSelection }
  | {
      readonly kind: 'aggregate'
      readonly module: ModuleDefinition
      readonly filter: FilterNode | null
      readonly search: Operand | null
      readonly deleted: 'EXCLUDE' | 'ONLY' | 'INCLUDE'
      readonly groupBy: readonly GroupKey[]
      readonly orderBy: readonly AggregateOrder[]
      readonly first: number | null
      readonly timeZone: Operand
      readonly members: readonly AggregateMember[]
    }

export type UniqueKey =
  | { readonly kind: 'id'; readonly id: Operand }
  | { readonly kind: 'externalId'; readonly system: Operand; readonly externalKey: Operand }
  | { readonly kind: 'field'; readonly field: FieldDefinition; readonly value: Operand }
