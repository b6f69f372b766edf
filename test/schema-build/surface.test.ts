import { describe, expect, it } from '@jest/globals'
import { buildSchema as fromText, isInputObjectType, isInterfaceType, isObjectType, printSchema, printType, validateSchema } from 'graphql'
import { coreModules } from '../../src/entities/index.ts'
import { derivedNames } from '../../src/records/registry/derived-names.ts'
import { buildRegistry } from '../../src/records/registry/index.ts'
import { rootFieldNames, typeNames } from '../../src/schema/build/index.ts'
import { build, registryOf, withoutDescriptions } from './hand-made.ts'

const core = buildRegistry(coreModules(), 1)
const schema = build(core)

describe('the schema of the core modules', () => {
  it('is valid and survives being printed and read', () => {
    expect(validateSchema(schema)).toEqual([])
    const text = printSchema(schema)
    expect(printSchema(fromText(text))).toBe(text)
  })

  it('describes every type, field, argument and value', () => {
    const silent: string[] = []
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__')) continue
      if (!type.description) silent.push(type.name)
      if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue
      for (const field of Object.values(type.getFields())) {
        if (!field.description && field.name !== '_empty') silent.push(`${type.name}.${field.name}`)
        if ('args' in field) for (const argument of field.args) if (!argument.description) silent.push(`${type.name}.${field.name}(${argument.name}:)`)
      }
    }
    expect(silent).toEqual([])
  })

  it('has a descriptor on every field and input field', () => {
    const bare: string[] = []
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__') || (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type))) continue
      for (const field of Object.values(type.getFields())) if (!field.extensions.guanxi) bare.push(`${type.name}.${field.name}`)
    }
    expect(bare).toEqual(['Query._empty'])
  })

  it('makes no type or root field but those that the registry keeps free for the module', () => {
    for (const module of core.modules.values()) {
      const names = derivedNames(module)
      expect(Object.values(typeNames(module)).sort()).toEqual([...names.types].sort())
      expect(Object.values(rootFieldNames(module).query).sort()).toEqual([...names.queries].sort())
      expect(Object.values(rootFieldNames(module).mutation).sort()).toEqual([...names.mutations].sort())
    }
  })

  it('has the contract names for accounts', () => {
    const query = schema.getQueryType()?.getFields() ?? {}
    const mutation = schema.getMutationType()?.getFields() ?? {}
    const signature = (name: string) => {
      const field = query[name] ?? mutation[name]
      if (!field) return `no ${name}`
      return `(${field.args.map((argument) => `${argument.name}: ${argument.type}`).join(', ')}): ${field.type}`
    }
    expect(signature('account')).toBe('(id: ID!): Account')
    expect(signature('accountBy')).toBe('(by: AccountUniqueInput!): Account')
    expect(signature('accounts')).toBe(
      '(filter: AccountFilter, search: String, orderBy: [AccountOrderBy!], deleted: DeletedFilter, first: Int, after: String, last: Int, before: String): AccountConnection',
    )
    expect(signature('accountsAggregate')).toBe(
      '(filter: AccountFilter, search: String, groupBy: [AccountGroupBy!], orderBy: [AccountAggregateOrderBy!], deleted: DeletedFilter, first: Int, timeZone: String): [AccountAggregate!]',
    )
    expect(signature('node')).toBe('(id: ID!): Node')
    expect(signature('nodes')).toBe('(ids: [ID!]!): [Node]!')
    expect(signature('createAccount')).toBe('(input: CreateAccountInput!, dryRun: Boolean): CreateAccountPayload')
    expect(signature('createAccounts')).toBe('(input: [CreateAccountInput!]!, dryRun: Boolean): CreateAccountsPayload')
    expect(signature('updateAccount')).toBe(
      '(id: ID!, input: UpdateAccountInput!, ifVersion: Int, onConflict: ConflictRule, dryRun: Boolean): UpdateAccountPayload',
    )
    expect(signature('updateAccounts')).toBe('(updates: [AccountUpdateItem!]!, onConflict: ConflictRule, dryRun: Boolean): UpdateAccountsPayload')
    expect(signature('upsertAccount')).toBe(
      '(by: AccountUniqueInput!, input: UpsertAccountInput!, ifVersion: Int, onConflict: ConflictRule, dryRun: Boolean): UpsertAccountPayload',
    )
    expect(signature('upsertAccounts')).toBe('(upserts: [AccountUpsertItem!]!, onConflict: ConflictRule, dryRun: Boolean): UpsertAccountsPayload')
    expect(signature('deleteAccount')).toBe('(id: ID!, ifVersion: Int, onConflict: ConflictRule, dryRun: Boolean): DeleteAccountPayload')
    expect(signature('deleteAccounts')).toBe('(ids: [ID!]!, dryRun: Boolean): DeleteAccountsPayload')
    expect(signature('restoreAccount')).toBe('(id: ID!, ifVersion: Int, onConflict: ConflictRule, dryRun: Boolean): RestoreAccountPayload')
    expect(signature('restoreAccounts')).toBe('(ids: [ID!]!, dryRun: Boolean): RestoreAccountsPayload')
  })

  it('gives a module that the system alone writes no mutation and no input', () => {
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {})
    expect(mutations.filter((name) => name.includes('OpportunityStageChange'))).toEqual([])
    expect(schema.getType('CreateOpportunityStageChangeInput')).toBeUndefined()
    expect(schema.getQueryType()?.getFields()['opportunityStageChanges']).toBeDefined()
  })
})

describe('a small module', () => {
  const small = build(
    registryOf(
      { name: 'folder', fields: { name: { type: 'TEXT', required: true, unique: true } } },
      {
        name: 'note',
        fields: {
          name: { type: 'TEXT', required: true },
          state: { type: 'SELECT', required: true, default: 'new' },
          serial: { type: 'AUTO_NUMBER', required: true, createOnly: true },
          pages: { type: 'INTEGER' },
          price: { type: 'MONEY' },
          due: { type: 'DATE' },
          phone: { type: 'PHONE' },
          labels: { type: 'MULTI_SELECT' },
          total: { type: 'DECIMAL', readOnly: true },
          place: { type: 'GEO' },
          about: { type: 'REFERENCE', reference: { module: '*', onDelete: 'clear' } },
          folder: { type: 'REFERENCE', required: true, reference: { module: 'folder', inverseName: 'notes', onDelete: 'cascade' } },
          related: { type: 'REFERENCES', reference: { module: 'note', onDelete: 'clear' } },
        },
      },
    ),
  )
  const sdl = (name: string) => {
    const type = small.getType(name)
    return type ? withoutDescriptions(printType(type)) : `no ${name}`
  }

  it('has this record type', () => {
    expect(sdl('Note')).toBe(`type Note implements Record & Node {
  id: ID!
  version: Int!
  createdAt: DateTime
  createdBy: User
  updatedAt: DateTime
  updatedBy: User
  deletedAt: DateTime
  owner: User
  team: Team
  tags: [String!]
  source: String
  name: String
  state: String
  serial: String
  pages: Int
  price: Money
  due: Date
  phone: Phone
  labels: [String!]
  total: Decimal
  place: GeoPoint
  about: Record
  folder: Folder
  related(filter: NoteFilter, search: String, orderBy: [NoteOrderBy!], deleted: DeletedFilter = EXCLUDE, first: Int, after: String, last: Int, before: String): NoteConnection
  externalIds: [ExternalId!]
  displayName: String
  values(fields: [String!]): JSON
  viewerAccess: ViewerAccess
  history(first: Int, after: String): RecordHistoryConnection
}`)
    expect(sdl('Folder')).toContain('  notes(filter: NoteFilter, search: String, orderBy: [NoteOrderBy!], deleted: DeletedFilter = EXCLUDE,')
    expect(sdl('Record')).toBe(`interface Record implements Node {
  id: ID!
  version: Int!
  createdAt: DateTime
  createdBy: User
  updatedAt: DateTime
  updatedBy: User
  deletedAt: DateTime
  owner: User
  team: Team
  tags: [String!]
  externalIds: [ExternalId!]
  displayName: String
  values(fields: [String!]): JSON
  viewerAccess: ViewerAccess
  history(first: Int, after: String): RecordHistoryConnection
}`)
  })

  it('has this connection', () => {
    expect(sdl('NoteConnection')).toBe(`type NoteConnection {
  nodes: [Note!]!
  edges: [NoteEdge!]!
  pageInfo: PageInfo!
  totalCount: Int!
}`)
    expect(sdl('NoteEdge')).toBe('type NoteEdge {\n  cursor: String!\n  node: Note!\n}')
    expect(sdl('PageInfo')).toBe('type PageInfo {\n  hasNextPage: Boolean!\n  hasPreviousPage: Boolean!\n  startCursor: String\n  endCursor: String\n}')
  })

  it('has this filter', () => {
    expect(sdl('NoteFilter')).toBe(`input NoteFilter {
  and: [NoteFilter!]
  or: [NoteFilter!]
  not: NoteFilter
  externalId: ExternalIdInput
  id: IDFilter
  version: IntFilter
  createdAt: DateTimeFilter
  createdBy: UserFilter
  updatedAt: DateTimeFilter
  updatedBy: UserFilter
  deletedAt: DateTimeFilter
  owner: UserFilter
  team: TeamFilter
  tags: StringListFilter
  source: StringFilter
  name: StringFilter
  state: StringFilter
  serial: StringFilter
  pages: IntFilter
  price: MoneyFilter
  due: DateFilter
  phone: StringFilter
  labels: StringListFilter
  total: DecimalFilter
  about: IDFilter
  folder: FolderFilter
  related: NoteListFilter
}`)
    expect(sdl('FolderFilter')).toContain('  notes: NoteListFilter\n')
    expect(sdl('NoteListFilter')).toBe('input NoteListFilter {\n  some: NoteFilter\n  none: NoteFilter\n  every: NoteFilter\n}')
    expect(sdl('StringFilter')).toBe(`input StringFilter {
  eq: String
  ne: String
  in: [String!]
  notIn: [String!]
  contains: String
  startsWith: String
  endsWith: String
  gt: String
  gte: String
  lt: String
  lte: String
  isNull: Boolean
}`)
    expect(sdl('StringListFilter')).toBe('input StringListFilter {\n  hasAny: [String!]\n  hasAll: [String!]\n  hasNone: [String!]\n  isEmpty: Boolean\n}')
    expect(sdl('MoneyFilter')).toContain('  gt: Decimal\n')
    expect(sdl('MoneyFilter')).toContain('  currency: StringFilter\n')
  })

  it('has these orders and groups, one key each', () => {
    expect(sdl('NoteOrderBy')).toBe(`input NoteOrderBy @oneOf {
  id: SortDirection
  version: SortDirection
  createdAt: SortDirection
  createdBy: UserOrderBy
  updatedAt: SortDirection
  updatedBy: UserOrderBy
  deletedAt: SortDirection
  owner: UserOrderBy
  team: TeamOrderBy
  source: SortDirection
  name: SortDirection
  state: SortDirection
  serial: SortDirection
  pages: SortDirection
  price: SortDirection
  due: SortDirection
  phone: SortDirection
  total: SortDirection
  folder: FolderOrderBy
}`)
    expect(sdl('NoteGroupBy')).toBe(`input NoteGroupBy @oneOf {
  id: Boolean
  version: Boolean
  createdAt: DateBucket
  createdBy: UserGroupBy
  updatedAt: DateBucket
  updatedBy: UserGroupBy
  deletedAt: DateBucket
  owner: UserGroupBy
  team: TeamGroupBy
  source: Boolean
  name: Boolean
  state: Boolean
  serial: Boolean
  pages: Boolean
  due: DateBucket
  phone: Boolean
  total: Boolean
  folder: FolderGroupBy
}`)
  })

  it('has these aggregates', () => {
    expect(sdl('NoteAggregate')).toBe(`type NoteAggregate {
  key: JSON
  count: Int!
  sum: NoteAggregateSum
  avg: NoteAggregateAvg
  min: NoteAggregateMin
  max: NoteAggregateMax
}`)
    expect(sdl('NoteAggregateSum')).toBe('type NoteAggregateSum {\n  pages: Decimal\n  price: Money\n  total: Decimal\n}')
    expect(sdl('NoteAggregateMin')).toBe(`type NoteAggregateMin {
  createdAt: DateTime
  updatedAt: DateTime
  deletedAt: DateTime
  pages: Int
  price: Money
  due: Date
  total: Decimal
}`)
    expect(sdl('NoteAggregateOrderBy')).toBe(`input NoteAggregateOrderBy @oneOf {
  count: SortDirection
  key: AggregateKeyOrder
  sum: NoteAggregateNumberOrderBy
  avg: NoteAggregateNumberOrderBy
  min: NoteAggregateRangeOrderBy
  max: NoteAggregateRangeOrderBy
}`)
    expect(sdl('AggregateKeyOrder')).toBe('input AggregateKeyOrder {\n  index: Int! = 0\n  direction: SortDirection! = ASC\n}')
    expect(sdl('FolderAggregate')).toBe('type FolderAggregate {\n  key: JSON\n  count: Int!\n  min: FolderAggregateMin\n  max: FolderAggregateMax\n}')
  })

  it('has these inputs: none demands a value, so that all that is missing is told at once', () => {
    expect(sdl('CreateNoteInput')).toBe(`input CreateNoteInput {
  owner: UserRef
  team: TeamRef
  tags: [String!]
  source: String
  name: String
  state: String
  serial: String
  pages: Int
  price: MoneyInput
  due: Date
  phone: String
  labels: [String!]
  place: GeoPointInput
  about: RecordRef
  folder: FolderRef
  related: NoteRefsInput
  externalIds: [ExternalIdInput!]
  ref: String
}`)
    expect(sdl('UpdateNoteInput')).toBe(
      sdl('CreateNoteInput').replace('CreateNoteInput', 'UpdateNoteInput').replace('  serial: String\n', '').replace('  ref: String\n', ''),
    )
    expect(sdl('UpsertNoteInput')).toBe(sdl('CreateNoteInput').replace('CreateNoteInput', 'UpsertNoteInput'))
    expect(sdl('NoteUpdateItem')).toBe('input NoteUpdateItem {\n  id: ID!\n  input: UpdateNoteInput!\n  ifVersion: Int\n}')
    expect(sdl('NoteUpsertItem')).toBe('input NoteUpsertItem {\n  by: NoteUniqueInput!\n  input: UpsertNoteInput!\n  ifVersion: Int\n}')
    expect(sdl('FolderUniqueInput')).toBe('input FolderUniqueInput @oneOf {\n  id: ID\n  externalId: ExternalIdInput\n  name: String\n}')
    expect(sdl('FolderRef')).toBe('input FolderRef @oneOf {\n  id: ID\n  externalId: ExternalIdInput\n  name: String\n  ref: String\n}')
    expect(sdl('NoteRefsInput')).toBe('input NoteRefsInput {\n  set: [NoteRef!]\n  add: [NoteRef!]\n  remove: [NoteRef!]\n}')
    expect(sdl('RecordRef')).toBe('input RecordRef @oneOf {\n  id: ID\n  ref: String\n}')
    expect(sdl('MoneyInput')).toBe('input MoneyInput {\n  amount: Decimal!\n  currency: String!\n}')
  })

  it('has these payloads', () => {
    expect(sdl('CreateNotePayload')).toBe('type CreateNotePayload {\n  note: Note\n  changeSetId: ID\n}')
    expect(sdl('CreateNotesPayload')).toBe('type CreateNotesPayload {\n  notes: [Note]!\n  changeSetId: ID\n}')
    expect(sdl('UpdateNotePayload')).toBe('type UpdateNotePayload {\n  note: Note\n  changeSetId: ID\n}')
    expect(sdl('UpsertNotePayload')).toBe('type UpsertNotePayload {\n  note: Note\n  created: Boolean!\n  changeSetId: ID\n}')
    expect(sdl('DeleteNotePayload')).toBe('type DeleteNotePayload {\n  note: Note\n  id: ID!\n  changeSetId: ID\n}')
    expect(sdl('DeleteNotesPayload')).toBe('type DeleteNotesPayload {\n  notes: [Note]!\n  ids: [ID!]!\n  changeSetId: ID\n}')
    expect(sdl('RestoreNotesPayload')).toBe('type RestoreNotesPayload {\n  notes: [Note]!\n  changeSetId: ID\n}')
  })

  it('passes validation', () => {
    expect(validateSchema(small)).toEqual([])
  })
})

describe('clashes and gaps', () => {
  it('refuses two modules whose types meet, naming both', () => {
    const registry = registryOf({ name: 'note', fields: { name: { type: 'TEXT' } } }, { name: 'noteEdge', fields: { name: { type: 'TEXT' } } })
    expect(() => build(registry)).toThrow('The type NoteEdge of the module noteEdge is already a type of the module note.')
  })

  it('refuses a module whose type is one of the kernel', () => {
    const registry = registryOf({ name: 'money', fields: { name: { type: 'TEXT' } } })
    expect(() => build(registry)).toThrow('The type Money of the module money is already a type of the kernel.')
  })

  it('refuses a module whose root field is taken, naming the owner', () => {
    const registry = registryOf({ name: 'knot', pluralName: 'nodes', fields: { name: { type: 'TEXT' } } })
    expect(() => build(registry)).toThrow('Query.nodes of the module knot is already a field of the kernel.')
  })

  it('refuses a field that has the name of a filter word', () => {
    const registry = registryOf({ name: 'note', fields: { name: { type: 'TEXT' }, not: { type: 'TEXT' } } })
    expect(() => build(registry)).toThrow('NoteFilter would have two members named not.')
  })

  it('refuses a reference into nothing', () => {
    const registry = registryOf({
      name: 'note',
      fields: { name: { type: 'TEXT' }, folder: { type: 'REFERENCE', reference: { module: 'folder', onDelete: 'clear' } } },
    })
    expect(() => build(registry)).toThrow('The registry refers to the module folder and does not have it.')
  })
})

describe('size', () => {
  it('builds 100 modules of 40 fields that refer to each other', () => {
    const types = ['TEXT', 'INTEGER', 'DECIMAL', 'MONEY', 'BOOLEAN', 'DATE', 'DATETIME', 'SELECT', 'MULTI_SELECT', 'PHONE'] as const
    const modules = Array.from({ length: 100 }, (_, index) => ({
      name: `module${index}`,
      fields: Object.fromEntries([
        ...Array.from({ length: 37 }, (_, field) => [field === 0 ? 'name' : `field${field}`, { type: types[field % types.length] ?? 'TEXT' }] as const),
        ...[1, 2, 3].map((step) => {
          const reference = { module: `module${(index + step) % 100}`, inverseName: `list${index}x${step}`, onDelete: 'clear' } as const
          return [`reference${step}`, { type: 'REFERENCE', reference }] as const
        }),
      ]),
    }))
    const registry = registryOf(...modules)
    expect(validateSchema(build(registry))).toEqual([])
  })
})
