import type { GraphQLObjectType } from 'graphql'
import type { ResolverContext } from '../../operation.ts'
import type { SchemaResolvers } from '../options.ts'
import { SCALARS } from '../scalars/index.ts'
import type { TypeTable } from '../type-table.ts'
import { createChangeTypes } from './changes.ts'
import { createEnums } from './enums.ts'
import { createHistoryTypes } from './history.ts'
import { createValueInputs } from './inputs.ts'
import { createInterfaces } from './interfaces.ts'
import { createOperatorInputs } from './operators.ts'
import { createValueTypes } from './values.ts'

type RecordType = GraphQLObjectType<unknown, ResolverContext>

/** Types that belong to no module. */
export type SharedTypes = ReturnType<typeof createSharedTypes>

/** Makes the shared types of one build and enters them into the table. `recordType` is asked late, when all modules have their types. */
export function createSharedTypes(table: TypeTable, resolvers: SchemaResolvers, recordType: (module: string) => RecordType) {
  const enums = createEnums()
  const values = createValueTypes(resolvers)
  const history = createHistoryTypes(enums, values.pageInfo, resolvers)
  const inputs = createValueInputs(enums)
  const operators = createOperatorInputs()
  const interfaces = createInterfaces(
    { values, history },
    () => recordType('user'),
    () => recordType('team'),
  )
  const changes = createChangeTypes({ enums, history, interfaces }, resolvers)
  for (const family of [enums, values, history, inputs, operators, interfaces, changes]) {
    for (const type of Object.values(family)) table.add(type, SHARED_OWNER)
  }
  for (const scalar of SCALARS) table.add(scalar, SHARED_OWNER)
  return { enums, values, history, inputs, operators, interfaces, changes }
}

/** Named in messages about clashing names. */
export const SHARED_OWNER = 'the kernel'
