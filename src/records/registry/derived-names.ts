import type { ModuleMetadata } from '../../entities/metadata.ts'

/** `account` → `Account`. */
export function typeNameOf(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** What a module claims in the GraphQL schema: nothing else may have these names. */
export interface DerivedNames {
  readonly types: readonly string[]
  readonly queries: readonly string[]
  readonly mutations: readonly string[]
  readonly subscriptions: readonly string[]
}

const OWN_SUFFIXES = [
  ...['', 'Connection', 'Edge', 'Filter', 'ListFilter', 'OrderBy', 'GroupBy', 'UniqueInput', 'Ref', 'RefsInput', 'UpdateItem', 'UpsertItem', 'Change'],
  ...['Aggregate', 'AggregateSum', 'AggregateAvg', 'AggregateMin', 'AggregateMax'],
  ...['AggregateOrderBy', 'AggregateNumberOrderBy', 'AggregateRangeOrderBy'],
]

/** All type and root field names that are made out of a module's two names. */
export function derivedNames({ name, pluralName }: Pick<ModuleMetadata, 'name' | 'pluralName'>): DerivedNames {
  const one = typeNameOf(name)
  const many = typeNameOf(pluralName)
  const verbs = ['create', 'update', 'upsert', 'delete', 'restore']
  return {
    types: [
      ...OWN_SUFFIXES.map((suffix) => one + suffix),
      ...['Create', 'Update', 'Upsert'].map((verb) => `${verb}${one}Input`),
      ...verbs.map(typeNameOf).flatMap((verb) => [`${verb}${one}Payload`, `${verb}${many}Payload`]),
    ],
    queries: [name, `${name}By`, pluralName, `${pluralName}Aggregate`],
    mutations: verbs.flatMap((verb) => [verb + one, verb + many]),
    subscriptions: [`${name}Changed`],
  }
}
