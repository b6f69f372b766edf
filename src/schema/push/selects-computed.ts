import { BREAK, type DocumentNode, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql'

/** The document selects a member that a function computes, given the caller (`User.roles`, computed fields of plugins), be it in a fragment. */
export function selectsComputed(document: DocumentNode, schema: GraphQLSchema): boolean {
  const types = new TypeInfo(schema)
  let found = false
  const look = visitWithTypeInfo(types, {
    Field: () => {
      found ||= types.getFieldDef()?.extensions.guanxi?.kind === 'computed'
      return found ? BREAK : undefined
    },
  })
  visit(document, look)
  return found
}
