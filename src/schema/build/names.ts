import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { typeNameOf } from '../../records/registry/derived-names.ts'

/** Names of all types that a module may have; the registry keeps them free (`derivedNames`). */
export interface ModuleTypeNames {
  readonly record: string
  readonly connection: string
  readonly edge: string
  readonly filter: string
  readonly listFilter: string
  readonly orderBy: string
  readonly groupBy: string
  readonly aggregate: string
  readonly aggregateSum: string
  readonly aggregateAvg: string
  readonly aggregateMin: string
  readonly aggregateMax: string
  readonly aggregateOrderBy: string
  readonly aggregateNumberOrderBy: string
  readonly aggregateRangeOrderBy: string
  readonly uniqueInput: string
  readonly ref: string
  readonly refsInput: string
  readonly change: string
  readonly createInput: string
  readonly updateInput: string
  readonly upsertInput: string
  readonly updateItem: string
  readonly upsertItem: string
  readonly createPayload: string
  readonly createManyPayload: string
  readonly updatePayload: string
  readonly updateManyPayload: string
  readonly upsertPayload: string
  readonly upsertManyPayload: string
  readonly deletePayload: string
  readonly deleteManyPayload: string
  readonly restorePayload: string
  readonly restoreManyPayload: string
}

type NamedModule = Pick<ModuleDefinition, 'name' | 'pluralName' | 'typeName'>

/** Type names of a module; the one place where they are spelled. */
export function typeNames({ typeName, pluralName }: NamedModule): ModuleTypeNames {
  const plural = typeNameOf(pluralName)
  return {
    record: typeName,
    connection: `${typeName}Connection`,
    edge: `${typeName}Edge`,
    filter: `${typeName}Filter`,
    listFilter: `${typeName}ListFilter`,
    orderBy: `${typeName}OrderBy`,
    groupBy: `${typeName}GroupBy`,
    aggregate: `${typeName}Aggregate`,
    aggregateSum: `${typeName}AggregateSum`,
    aggregateAvg: `${typeName}AggregateAvg`,
    aggregateMin: `${typeName}AggregateMin`,
    aggregateMax: `${typeName}AggregateMax`,
    aggregateOrderBy: `${typeName}AggregateOrderBy`,
    aggregateNumberOrderBy: `${typeName}AggregateNumberOrderBy`,
    aggregateRangeOrderBy: `${typeName}AggregateRangeOrderBy`,
    uniqueInput: `${typeName}UniqueInput`,
    ref: `${typeName}Ref`,
    refsInput: `${typeName}RefsInput`,
    change: `${typeName}Change`,
    createInput: `Create${typeName}Input`,
    updateInput: `Update${typeName}Input`,
    upsertInput: `Upsert${typeName}Input`,
    updateItem: `${typeName}UpdateItem`,
    upsertItem: `${typeName}UpsertItem`,
    createPayload: `Create${typeName}Payload`,
    createManyPayload: `Create${plural}Payload`,
    updatePayload: `Update${typeName}Payload`,
    updateManyPayload: `Update${plural}Payload`,
    upsertPayload: `Upsert${typeName}Payload`,
    upsertManyPayload: `Upsert${plural}Payload`,
    deletePayload: `Delete${typeName}Payload`,
    deleteManyPayload: `Delete${plural}Payload`,
    restorePayload: `Restore${typeName}Payload`,
    restoreManyPayload: `Restore${plural}Payload`,
  }
}

/** Root fields of a module; the one place where they are spelled. */
export function rootFieldNames({ name, pluralName, typeName }: NamedModule) {
  const plural = typeNameOf(pluralName)
  return {
    query: { get: name, getBy: `${name}By`, list: pluralName, aggregate: `${pluralName}Aggregate` },
    mutation: {
      create: `create${typeName}`,
      createMany: `create${plural}`,
      update: `update${typeName}`,
      updateMany: `update${plural}`,
      upsert: `upsert${typeName}`,
      upsertMany: `upsert${plural}`,
      delete: `delete${typeName}`,
      deleteMany: `delete${plural}`,
      restore: `restore${typeName}`,
      restoreMany: `restore${plural}`,
    },
    subscription: { changed: `${name}Changed` },
  } as const
}
