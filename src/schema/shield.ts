import { defaultFieldResolver, type GraphQLObjectType, type GraphQLSchema, isIntrospectionType, isObjectType } from 'graphql'
import { applyMiddlewareToDeclaredResolvers } from 'graphql-middleware'
import { shield } from 'graphql-shield'
import { GuanxiError, say } from '../errors/index.ts'
import { type Audience, createRuleTree, type RightsCheck, RULES } from './rules.ts'

/**
 * Puts the rule tree before every hand-written field that has a resolver: root fields and members like `User.roles`. What the tree does not name is
 * refused. Generated fields come later and are never wrapped (a wrapper on every field costs 3–5 times the answer); the executor asks `plannedVerdict`
 * for their root fields, and the access compiler decides about the rest. `rightsAreCurrent` keeps operations that read no record, and so run no
 * statement that compares epochs, from being answered by yesterday's rights.
 */
export function applyShield(staticSchema: GraphQLSchema, rightsAreCurrent: RightsCheck): GraphQLSchema {
  const rules = shield(createRuleTree(rightsAreCurrent, addedAudiences(staticSchema)), {
    fallbackRule: RULES.denied,
    fallbackError: new GuanxiError('FORBIDDEN', say`No rule allows this.`),
    // Errors of services are theirs; the executor masks what is not meant for clients.
    allowExternalErrors: true,
  })
  const guarded = applyMiddlewareToDeclaredResolvers(staticSchema, rules)
  for (const type of objectTypes(guarded)) {
    for (const field of Object.values(type.getFields())) {
      // The middleware names graphql-js' own default, which the builder would take for a resolver written by hand.
      if (field.resolve === defaultFieldResolver) delete field.resolve
    }
  }
  return guarded
}

/**
 * Fields of a final schema that no rule covers, as `Type.field`; must be empty. A generated field is covered by its descriptor: the executor and the access
 * compiler decide by it. Every other field needs an entry of the tree.
 */
export function ruleCoverage(schema: GraphQLSchema): string[] {
  const tree = createRuleTree(async () => true) as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>
  return objectTypes(schema).flatMap((type) =>
    Object.values(type.getFields()).flatMap((field) => {
      const descriptor = field.extensions.guanxi
      const isGenerated = descriptor !== undefined && descriptor.kind !== 'handle' && descriptor.kind !== 'computed'
      const rules = tree[type.name]
      const isNamed = field.extensions.audience !== undefined || (rules !== undefined && (Object.hasOwn(rules, field.name) || Object.hasOwn(rules, '*')))
      return isGenerated || isNamed ? [] : [`${type.name}.${field.name}`]
    }),
  )
}

/** What fields say of themselves that plugins have added. A member that is computed is refused where it is planned. */
function addedAudiences(schema: GraphQLSchema): Readonly<Record<string, Readonly<Record<string, Audience>>>> {
  const added = objectTypes(schema).map((type) => {
    const fields = Object.values(type.getFields()).flatMap(({ name, extensions: { audience } }): [string, Audience][] =>
      audience === undefined ? [] : [[name, typeof audience === 'object' && 'needs' in audience ? 'answer' : audience]],
    )
    return [type.name, Object.fromEntries(fields)] as const
  })
  return Object.fromEntries(added.filter(([, fields]) => Object.keys(fields).length > 0))
}

function objectTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  return Object.values(schema.getTypeMap()).filter((type): type is GraphQLObjectType => isObjectType(type) && !isIntrospectionType(type))
}
