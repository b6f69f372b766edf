import type { DateBucket } from '../records/read/request.ts'

/**
 * What a generated GraphQL field or input field stands for, kept in its `extensions.guanxi`. The planner reads descriptors,
 * never names, so a run-time field needs no code anywhere.
 */
export type FieldDescriptor =
  | { readonly kind: 'list' | 'get' | 'getBy' | 'aggregate'; readonly module: string }
  | { readonly kind: 'node' | 'nodes' }
  | { readonly kind: 'write'; readonly module: string; readonly operation: WriteOperation; readonly many: boolean }
  /** Member of a write payload that holds the record(s). */
  | { readonly kind: 'payloadRecord' | 'payloadRecords'; readonly module: string }
  /** A field of a record; its shape (value, parts, one record) follows from the field's type. */
  | { readonly kind: 'field'; readonly module: string; readonly field: string }
  | { readonly kind: 'inverse'; readonly module: string; readonly relation: string }
  | { readonly kind: 'displayName' | 'values' | 'externalIds' | 'viewerAccess' | 'history' }
  /** Polymorphic reference (`Reminder.record`): answered by the ordinary path. */
  | { readonly kind: 'anyRecord'; readonly module: string; readonly field: string }

export type WriteOperation = 'create' | 'update' | 'upsert' | 'delete' | 'restore'

export type InputDescriptor =
  | { readonly kind: 'and' | 'or' | 'not' | 'externalId' | 'id' }
  /** Operators on one field; `part` for members of MONEY (`amount`, `currency`). */
  | { readonly kind: 'compare'; readonly field: string }
  | { readonly kind: 'one'; readonly field: string }
  | { readonly kind: 'many'; readonly relation: string }
  /** OrderBy / GroupBy members. */
  | { readonly kind: 'key'; readonly field: string }
  | { readonly kind: 'through'; readonly field: string }
  /** AggregateOrderBy members. */
  | { readonly kind: 'count' | 'function'; readonly function?: string }

/** On generated object types. */
export interface TypeDescriptor {
  readonly kind: 'record' | 'connection' | 'edge' | 'aggregate' | 'aggregateKey' | 'aggregateValues' | 'payload' | 'parts' | 'history'
  readonly module?: string
}

export const DATE_BUCKETS: readonly DateBucket[] = ['HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR']

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    guanxi?: FieldDescriptor
  }
  interface GraphQLInputFieldExtensions {
    guanxi?: InputDescriptor
  }
  interface GraphQLObjectTypeExtensions<_TSource, _TContext> {
    guanxi?: TypeDescriptor
  }
}
