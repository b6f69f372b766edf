import type { AnyNode, Function as FunctionNode, Identifier, Pattern, Program } from 'acorn'
import { ancestor } from 'acorn-walk'

/** Names that the code uses and nowhere around the use declares: globals. In the order of the text. */
export function freeNames(program: Program): readonly Identifier[] {
  const found: Identifier[] = []
  ancestor(program, {
    Identifier: (node, _state, ancestors) => {
      if (!ancestors.some((scope) => declaredIn(scope).has(node.name))) found.push(node)
    },
  })
  return found
}

const declared = new WeakMap<AnyNode, ReadonlySet<string>>()

function declaredIn(scope: AnyNode): ReadonlySet<string> {
  const known = declared.get(scope)
  if (known) return known
  const names = new Set(namesIn(scope))
  declared.set(scope, names)
  return names
}

/** Names that a scope declares by itself. A `var` counts where it stands: that it is seen further out makes one more finding at most. */
function namesIn(scope: AnyNode): string[] {
  switch (scope.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
      return scope.body.flatMap((each) => namesOfStatement(each))
    case 'SwitchStatement':
      return scope.cases.flatMap(({ consequent }) => consequent.flatMap((each) => namesOfStatement(each)))
    case 'ForStatement':
      return scope.init ? namesOfStatement(scope.init) : []
    case 'ForInStatement':
    case 'ForOfStatement':
      return namesOfStatement(scope.left)
    case 'CatchClause':
      return scope.param ? namesOfPattern(scope.param) : []
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return namesOfFunction(scope as FunctionNode)
    case 'ClassExpression':
      return scope.id ? [scope.id.name] : []
    default:
      return []
  }
}

function namesOfFunction({ id, params }: FunctionNode): string[] {
  return [...(id ? [id.name] : []), ...params.flatMap(namesOfPattern), 'arguments']
}

function namesOfStatement(node: AnyNode): string[] {
  switch (node.type) {
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ id }) => namesOfPattern(id))
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return node.id ? [node.id.name] : []
    case 'ImportDeclaration':
      return node.specifiers.map(({ local }) => local.name)
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return node.declaration ? namesOfStatement(node.declaration) : []
    default:
      return []
  }
}

function namesOfPattern(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'ObjectPattern':
      return pattern.properties.flatMap((each) => (each.type === 'RestElement' ? namesOfPattern(each.argument) : namesOfPattern(each.value)))
    case 'ArrayPattern':
      return pattern.elements.flatMap((each) => (each ? namesOfPattern(each) : []))
    case 'RestElement':
      return namesOfPattern(pattern.argument)
    case 'AssignmentPattern':
      return namesOfPattern(pattern.left)
    default:
      return []
  }
}
