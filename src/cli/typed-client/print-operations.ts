import {
  type ExecutableDefinitionNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  typeFromAST,
  visit,
} from 'graphql'
import { typeNameOf } from '../../records/registry/derived-names.ts'
import { inputText, quoted } from './print-schema-types.ts'
import { resumable } from './resume.ts'
import { selectionType, type TypingContext } from './selection-type.ts'

/** `operations.ts`: for each operation its variables, its answer and the document that carries both; for each fragment its type. The definitions are valid, and each has a name of its own. */
export function printOperations(definitions: readonly ExecutableDefinitionNode[], given: Pick<TypingContext, 'schema' | 'facts'>): string {
  const fragments = new Map(definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [])))
  const context: TypingContext = { ...given, fragments, used: new Set() }
  const parts = definitions.map((definition) =>
    definition.kind === Kind.FRAGMENT_DEFINITION ? fragmentText(definition, context) : operationText(definition, context),
  )
  const types = [...context.used].sort()
  const imports = types.length > 0 ? `import type { ${types.join(', ')} } from './schema.js'\n` : ''
  return `import type { TypedDocument } from './client.js'\n${imports}\n${parts.join('\n')}`
}

function fragmentText({ name, typeCondition, selectionSet }: FragmentDefinitionNode, context: TypingContext): string {
  const type = typeFromAST(context.schema, typeCondition) as GraphQLCompositeType
  return `export type ${typeNameOf(name.value)}Fragment = ${selectionType(type, selectionSet, context)}\n`
}

function operationText(definition: OperationDefinitionNode, context: TypingContext): string {
  const { schema, fragments } = context
  const { name, operation: kind, selectionSet, variableDefinitions = [] } = definition
  const base = `${typeNameOf((name as { value: string }).value)}${typeNameOf(kind)}`
  const root = schema.getRootType(kind) as GraphQLCompositeType
  const { operation, resume } = kind === 'subscription' ? resumable(definition, schema, fragments) : { operation: definition, resume: null }
  const members = variableDefinitions.map(({ variable, type, defaultValue }) => {
    const input = typeFromAST(schema, type as never) as GraphQLInputType
    const optional = isNonNullType(input) && !defaultValue ? '' : '?'
    const named = getNamedType(input)
    if (isInputObjectType(named) || isEnumType(named)) context.used.add(named.name)
    return `readonly ${variable.name.value}${optional}: ${inputText(input)}`
  })
  const sent = [operation, ...usedFragments(operation.selectionSet, fragments)].map((each) => print(each)).join('\n\n')
  const resumption = resume ? `{ variable: ${quoted(resume.variable)}, path: [${resume.path.map(quoted).join(', ')}] }` : 'null'
  return `export type ${base}Variables = ${members.length > 0 ? `{ ${members.join('; ')} }` : '{ readonly [name: string]: never }'}
export type ${base} = ${selectionType(root, selectionSet, context)}
export const ${base}Document: TypedDocument<${base}, ${base}Variables> = {
  name: ${quoted((name as { value: string }).value)},
  kind: ${quoted(kind)},
  text: ${JSON.stringify(sent)},
  resume: ${resumption},
}
`
}

/** Fragments that a selection set leads to, each once. */
function usedFragments(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): FragmentDefinitionNode[] {
  const found = new Map<string, FragmentDefinitionNode>()
  const look = (below: SelectionSetNode): void => {
    visit(below, {
      FragmentSpread: ({ name: { value } }) => {
        const fragment = fragments.get(value)
        if (!fragment || found.has(value)) return
        found.set(value, fragment)
        look(fragment.selectionSet)
      },
    })
  }
  look(set)
  return [...found.values()]
}
