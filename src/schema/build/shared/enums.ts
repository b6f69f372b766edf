import { GraphQLEnumType } from 'graphql'
import { DATE_BUCKETS } from '../../descriptors.ts'

/** Enums that the generated surface uses. */
export function createEnums() {
  return {
    sortDirection: new GraphQLEnumType({
      name: 'SortDirection',
      description: 'Direction of an order. Empty values come last both ways.',
      values: { ASC: { description: 'From small to large, old to new, A to Z.' }, DESC: { description: 'From large to small, new to old, Z to A.' } },
    }),
    deletedFilter: new GraphQLEnumType({
      name: 'DeletedFilter',
      description: 'What a list does with records in the recycle bin.',
      values: {
        EXCLUDE: { description: 'Leave them out.' },
        ONLY: { description: 'Only these.' },
        INCLUDE: { description: 'Both.' },
      },
    }),
    conflictRule: new GraphQLEnumType({
      name: 'ConflictRule',
      description: 'What a write with `ifVersion` does when the record has moved on.',
      values: {
        FAIL: { description: 'Refuse with VERSION_CONFLICT.' },
        MERGE: { description: 'Write if nobody else changed the same fields since, refuse otherwise.' },
      },
    }),
    dateBucket: new GraphQLEnumType({
      name: 'DateBucket',
      description: 'Part of a time to group by; weeks begin on Monday.',
      values: Object.fromEntries(DATE_BUCKETS.map((bucket) => [bucket, { description: `By ${bucket.toLowerCase()}.` }])),
    }),
    recordOperation: new GraphQLEnumType({
      name: 'RecordOperation',
      description: 'What a write did to a record.',
      values: {
        CREATED: { description: 'The record was made.' },
        UPDATED: { description: 'Fields were changed.' },
        DELETED: { description: 'It went into the recycle bin.' },
        RESTORED: { description: 'It came back from the recycle bin.' },
      },
    }),
    changeOperation: new GraphQLEnumType({
      name: 'ChangeOperation',
      description: 'What a change means to its reader.',
      values: {
        CREATED: { description: 'The record was made.' },
        UPDATED: { description: 'Fields that the reader sees were changed.' },
        DELETED: { description: 'It went into the recycle bin.' },
        RESTORED: { description: 'It came back from the recycle bin.' },
        ENTERED: { description: 'A change brought it into what the reader sees, or what the filter admits.' },
        LEFT: { description: 'A change took it out of what the reader sees, or what the filter admits.' },
      },
    }),
  }
}
