import type { GraphQLSchema } from 'graphql'
import { typeNameOf } from '../../records/registry/derived-names.ts'
import { rootFieldNames, typeNames } from '../../schema/build/names.ts'
import type { FieldFacts, ModuleFacts } from './live-schema.ts'

/** Choices of a field. */
export interface Choice {
  /** Name of the TypeScript type of its values; free in the schema. */
  readonly typeName: string
  /** All values that records can hold, retired ones too. */
  readonly values: readonly string[]
  /** Those that can still be chosen. */
  readonly chosen: readonly string[]
  readonly isList: boolean
  /** `account.industry`, for people. */
  readonly field: string
}

/** What is known of the schema's members beyond the schema itself. */
export interface Facts {
  /** All fields with choices. */
  readonly choices: readonly Choice[]
  /** Of a member of a record type. */
  output(typeName: string, member: string): Choice | undefined
  /** Of a member of an input with values. */
  input(typeName: string, member: string): Choice | undefined
  /** Of a member of a filter, whose conditions compare with it. */
  filter(typeName: string, member: string): Choice | undefined
  /** Null there only where an error says why, or never. */
  isFilled(typeName: string, member: string): boolean
}

/** The feed of changes answers everybody who is signed in. */
const FEED: readonly string[] = ['Query.changeCursor', 'Query.changes']

/** Puts what the metadata says in relation to the types of the schema. */
export function factsOf(modules: readonly ModuleFacts[], schema: GraphQLSchema): Facts {
  const [outputs, inputs, filters] = [new Map<string, Choice>(), new Map<string, Choice>(), new Map<string, Choice>()]
  const filled = new Set<string>(FEED)
  const choices: Choice[] = []
  const taken = new Set(Object.keys(schema.getTypeMap()))
  for (const module of modules) {
    const named = { ...module, typeName: typeNameOf(module.name) }
    const names = typeNames(named)
    const { query, mutation } = rootFieldNames(named)
    for (const root of [query.list, query.aggregate]) filled.add(`Query.${root}`)
    for (const root of Object.values(mutation)) filled.add(`Mutation.${root}`)
    for (const field of module.fields) {
      const members = [field.name, ...field.aliases]
      if (!field.nullable) for (const member of members) filled.add(`${names.record}.${member}`)
      const choice = choiceOf(named, field, taken)
      if (!choice) continue
      choices.push(choice)
      for (const member of members) {
        outputs.set(`${names.record}.${member}`, choice)
        filters.set(`${names.filter}.${member}`, choice)
        for (const input of [names.createInput, names.updateInput, names.upsertInput]) inputs.set(`${input}.${member}`, choice)
      }
    }
  }
  return {
    choices,
    output: (typeName, member) => outputs.get(`${typeName}.${member}`),
    input: (typeName, member) => inputs.get(`${typeName}.${member}`),
    filter: (typeName, member) => filters.get(`${typeName}.${member}`),
    isFilled: (typeName, member) => filled.has(`${typeName}.${member}`),
  }
}

function choiceOf({ name, typeName }: { name: string; typeName: string }, field: FieldFacts, taken: Set<string>): Choice | undefined {
  if (!field.options || field.options.length === 0) return undefined
  let free = `${typeName}${typeNameOf(field.name)}Option`
  while (taken.has(free)) free += '_'
  taken.add(free)
  return {
    typeName: free,
    values: field.options.map(({ value }) => value),
    chosen: field.options.filter(({ retired }) => !retired).map(({ value }) => value),
    isList: field.valueType === 'MULTI_SELECT',
    field: `${name}.${field.name}`,
  }
}
