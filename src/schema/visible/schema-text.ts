import { printSchema } from 'graphql'
import type { Principal } from '../../records/access/policy.ts'
import type { Runtime } from '../operation.ts'
import { visibilityFor } from './visibility.ts'
import { visibleSchema } from './visible-schema.ts'

/** The schema as a principal sees it, in the schema definition language. */
export function schemaText({ schema, registry }: Runtime, principal: Principal): string {
  return printSchema(visibleSchema(schema, visibilityFor(principal, registry)))
}
