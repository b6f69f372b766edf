import { type GraphQLNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType, isScalarType } from 'graphql'
import { DefectError } from '../../errors/index.ts'

/**
 * A hand-written type with the name of a generated one only stands in for it, so that hand-written operations can name it. Checks
 * that it promises nothing which the generated one lacks: the same kind, and no member that is missing there or has another
 * type. Record types are not checked: their classes are tokens. Throws DefectError.
 */
export function assertStandsIn(token: GraphQLNamedType, generated: GraphQLNamedType, owner: string): void {
  if (Object.getPrototypeOf(token) !== Object.getPrototypeOf(generated)) throw clash(token.name, owner, 'is of another kind')
  if (isScalarType(token) || isRecordType(generated)) return
  const has = membersOf(generated)
  for (const [name, type] of membersOf(token)) {
    if (has.get(name) !== type) throw clash(token.name, owner, `has the member ${name}: ${type}, which is ${has.get(name) ?? 'missing'} there`)
  }
}

function isRecordType(type: GraphQLNamedType): boolean {
  return isObjectType(type) && type.extensions.guanxi?.kind === 'record'
}

function membersOf(type: GraphQLNamedType): Map<string, string> {
  if (isEnumType(type)) return new Map(type.getValues().map((value) => [value.name, 'value']))
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return new Map()
  return new Map(Object.values(type.getFields()).map((field) => [field.name, String(field.type)]))
}

function clash(name: string, owner: string, why: string): DefectError {
  return new DefectError(`The hand-written type ${name} cannot stand in for the one of ${owner}: it ${why}. Rename it.`)
}
