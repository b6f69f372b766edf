import type { AggregateFunction, CompareOperator, DateBucket } from '../records/read/request.ts'

/**
 * What a generated GraphQL field or input field stands for, kept in its `extensions.guanxi`. The planner reads descriptors,
 * never names, so a run-time field needs no code anywhere.
 */
export type FieldDescriptor =
  | { readonly kind: 'list' | 'get' | 'getBy' | 'aggregate'; readonly module: string }
  | { readonly kind: 'node' | 'nodes' }
  /** The feed of changes, and the present place in it. */
  | { readonly kind: 'changes' | 'changeCursor' }
  /** A subscription to changes of a module; `due`: to reminders of the caller that fire. */
  | { readonly kind: 'changed'; readonly module: string; readonly due?: true }
  /** The record of a change; in the feed the module is `*`. */
  | { readonly kind: 'changeRecord'; readonly module: string }
  | { readonly kind: 'write'; readonly module: string; readonly operation: WriteOperation; readonly many: boolean }
  /** Member of a write payload that holds the record(s). */
  | { readonly kind: 'payloadRecord' | 'payloadRecords'; readonly module: string }
  /** Any other member of a write payload. */
  | { readonly kind: 'payloadValue'; readonly module: string; readonly member: 'id' | 'ids' | 'created' | 'changeSetId' }
  /**
   * A field of a record; its shape (value, parts, one record, for REFERENCES a connection) follows from the field's type.
   * On the interface `Record` the module is `*`.
   */
  | { readonly kind: 'field'; readonly module: string; readonly field: string }
  | { readonly kind: 'inverse'; readonly module: string; readonly relation: string }
  | { readonly kind: 'displayName' | 'values' | 'externalIds' | 'viewerAccess' | 'history' }
  /** Polymorphic reference (`Reminder.record`): answered by the ordinary path. */
  | { readonly kind: 'anyRecord'; readonly module: string; readonly field: string }
  /** Hand-written member of a record type (`User.roles`): answered by the ordinary path. */
  | { readonly kind: 'computed'; readonly module: string; readonly field: string }
  /** Members of a connection and of its edges; `module` is the one whose records are listed. */
  | { readonly kind: 'connectionMember'; readonly module: string; readonly member: 'nodes' | 'edges' | 'pageInfo' | 'totalCount' }
  | { readonly kind: 'edgeMember'; readonly module: string; readonly member: 'cursor' | 'node' }
  | { readonly kind: 'aggregateMember'; readonly module: string; readonly member: 'key' | 'count' | AggregateFunction }
  | { readonly kind: 'aggregateValue'; readonly module: string; readonly function: AggregateFunction; readonly field: string }
  /** Member of a value object without a module: Money, Phone, Address, GeoPoint, ExternalId, PageInfo, ViewerAccess, RecordHistory… */
  | { readonly kind: 'part'; readonly part: string }
  /** Hand-written field whose type is a record type (`Query.me`); `*` for the interfaces Record and Node. */
  | { readonly kind: 'handle'; readonly module: string }

export type WriteOperation = 'create' | 'update' | 'upsert' | 'delete' | 'restore'

export type InputDescriptor =
  | { readonly kind: 'and' | 'or' | 'not' | 'externalId' | 'id' }
  /** Operators on one field. */
  | { readonly kind: 'compare'; readonly field: string }
  /** Member of an operator input (`StringFilter.contains`). */
  | { readonly kind: 'operator'; readonly operator: CompareOperator }
  /** Member of a value object: operators on it in a filter (`MoneyFilter.currency`), its value in a write input (`MoneyInput.currency`). */
  | { readonly kind: 'part'; readonly part: string }
  /** To-one relation inside a filter. */
  | { readonly kind: 'one'; readonly field: string }
  /** To-many relation inside a filter: an inverse's name, or a REFERENCES field's. */
  | { readonly kind: 'many'; readonly relation: string }
  | { readonly kind: 'quantifier'; readonly quantifier: 'some' | 'none' | 'every' }
  /** OrderBy / GroupBy members, and the fields under an AggregateOrderBy's function. */
  | { readonly kind: 'key'; readonly field: string }
  | { readonly kind: 'through'; readonly field: string }
  /** AggregateOrderBy members; `groupKey` names a key of `groupBy` by its index. */
  | { readonly kind: 'count' }
  | { readonly kind: 'groupKey' }
  | { readonly kind: 'function'; readonly function: AggregateFunction }
  /** UniqueInput and Ref members besides `id` and `externalId`. */
  | { readonly kind: 'unique'; readonly field: string }
  /** In a Ref: an earlier create's name. In a create or upsert input: the name given to this create. */
  | { readonly kind: 'ref' }
  /** Members of create, update and upsert inputs. */
  | { readonly kind: 'value'; readonly field: string }
  | { readonly kind: 'externalIds' }
  | { readonly kind: 'relationChange'; readonly change: 'set' | 'add' | 'remove' }
  /** Members of bulk items. */
  | { readonly kind: 'item'; readonly member: 'id' | 'by' | 'input' | 'ifVersion' }

/** On generated object types. */
export interface TypeDescriptor {
  readonly kind: 'record' | 'connection' | 'edge' | 'aggregate' | 'aggregateValues' | 'payload' | 'parts' | 'history' | 'change'
  readonly module?: string
}

export const DATE_BUCKETS: readonly DateBucket[] = ['HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR']

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    guanxi?: FieldDescriptor
    /** Its answer holds a secret that is shown once. */
    secret?: boolean
  }
  interface GraphQLInputFieldExtensions {
    guanxi?: InputDescriptor
  }
  interface GraphQLObjectTypeExtensions<_TSource, _TContext> {
    guanxi?: TypeDescriptor
  }
}
