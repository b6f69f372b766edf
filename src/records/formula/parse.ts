import type { Expression } from '../../entities/expression.ts'
import { listed, type Message, say } from '../../errors/index.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { NAME_PATTERN } from '../registry/reserved-names.ts'
import { ExpressionError } from './expression-error.ts'
import { FUNCTIONS } from './functions.ts'
import { nearNames } from './near-names.ts'
import { BINARY, KEYWORDS, LIMITS, OPERATOR_ALIASES, RANK } from './syntax.ts'
import { type Token, tokenize } from './tokens.ts'

export interface ParsedExpression {
  readonly expression: Expression
  /** Where in the text each node stands: an operator at its sign. For messages of `checkExpression`. */
  readonly positions: ReadonlyMap<Expression, number>
}

const FUNCTION_NAMES: ReadonlyMap<string, string> = new Map([...FUNCTIONS.keys()].map((name) => [name.toLowerCase(), name]))

/**
 * The tree of a text in the language of docs/formulas.md; `resolve` finds fields by name. Linear in the text's length. Types are not
 * judged here. Throws ExpressionError.
 */
export function parseExpression(text: string, resolve: (name: string) => FieldDefinition | undefined): ParsedExpression {
  return new Parser(tokenize(text), resolve).whole()
}

/** Precedence climbing over the tokens of one text. */
class Parser {
  readonly #tokens: readonly Token[]
  readonly #resolve: (name: string) => FieldDefinition | undefined
  readonly #positions = new Map<Expression, number>()
  #next = 0
  #levels = 0

  constructor(tokens: readonly Token[], resolve: (name: string) => FieldDefinition | undefined) {
    this.#tokens = tokens
    this.#resolve = resolve
  }

  whole(): ParsedExpression {
    if (this.#tokens.length === 1) throw new ExpressionError(say`The expression is empty.`, 0)
    const expression = this.#binary(RANK.or)
    if (this.#token.kind !== 'end') throw this.#unexpected(say`An operator or the end is expected`)
    return { expression, positions: this.#positions }
  }

  get #token(): Token {
    return this.#tokens[this.#next] as Token
  }

  /** Name in the tree of the operator that the token writes; undefined for any other token. */
  #operator(token = this.#token): string | undefined {
    if (token.kind === 'sign') return OPERATOR_ALIASES.get(token.value) ?? token.value
    if (token.kind !== 'name') return undefined
    const word = token.value.toLowerCase()
    return BINARY.has(word) || word === 'not' ? word : undefined
  }

  #binary(lowest: number): Expression {
    let left = this.#prefixed()
    let compared = false
    for (;;) {
      const { position } = this.#token
      const negated = this.#operator() === 'not' && this.#operator(this.#tokens[this.#next + 1]) === 'in'
      const name = negated ? 'in' : (this.#operator() ?? '')
      const rank = BINARY.get(name)
      if (rank === undefined || rank < lowest) return left
      if (rank === RANK.comparison && compared)
        throw new ExpressionError(say`Comparisons cannot follow each other; join them with and, or use parentheses.`, position)
      compared = rank === RANK.comparison
      this.#next += negated ? 2 : 1
      const operands = name === 'in' ? [left, ...this.#list()] : [left, this.#binary(rank + 1)]
      left = this.#call(name, operands, position)
      if (negated) left = this.#call('not', [left], position)
    }
  }

  #prefixed(): Expression {
    const { position } = this.#token
    const name = this.#operator()
    if (name !== 'not' && name !== '-') return this.#operand()
    this.#next += 1
    return this.#call(name, [this.#within(() => (name === 'not' ? this.#binary(RANK.comparison) : this.#prefixed()))], position)
  }

  #operand(): Expression {
    const { kind, value, position } = this.#token
    if (kind === 'number' || kind === 'text') return this.#advance({ kind: 'literal', type: kind, value }, position)
    if (kind === 'name') return this.#named()
    if (kind === 'sign' && value === '[') return this.#bracketed()
    if (kind !== 'sign' || value !== '(') throw this.#unexpected(say`A value, a field or a function is expected`)
    this.#next += 1
    const inner = this.#within(() => this.#binary(RANK.or))
    this.#expect(')')
    return inner
  }

  #named(): Expression {
    const { value, position } = this.#token
    const word = value.toLowerCase()
    if (word === 'true' || word === 'false') return this.#advance({ kind: 'literal', type: 'boolean', value: word === 'true' }, position)
    if (word === 'null') return this.#advance({ kind: 'literal', type: 'null' }, position)
    if (KEYWORDS.has(word)) throw this.#unexpected(say`A value, a field or a function is expected`)
    this.#next += 1
    if (this.#token.value !== '(' || this.#token.kind !== 'sign') return this.#field(value, position)
    const name = FUNCTION_NAMES.get(word)
    if (name === undefined) {
      const near = nearNames(value, [...FUNCTIONS.keys()])
      const hint = near.length === 0 ? say`The functions are ${listed([...FUNCTIONS.keys()])}.` : say`Did you mean ${listed(near)}?`
      throw new ExpressionError(say`There is no function ${value.slice(0, 48)}(). ${hint}`, position)
    }
    return this.#call(name, this.#list(), position)
  }

  /** `[name]`: a field whose name is a word of the language. */
  #bracketed(): Expression {
    this.#next += 1
    const { kind, value, position } = this.#token
    if (kind !== 'name') throw this.#unexpected(say`The name of a field is expected in brackets`)
    this.#next += 1
    this.#expect(']')
    return this.#field(value, position)
  }

  #field(name: string, position: number): Expression {
    const field = NAME_PATTERN.test(name) ? this.#resolve(name) : undefined
    if (!field) throw new ExpressionError(say`There is no field ${name.slice(0, 48)}. A text stands in quotes.`, position)
    return this.#node({ kind: 'field', field: field.id }, position)
  }

  /** `(a, b, …)`, possibly empty. */
  #list(): Expression[] {
    this.#expect('(')
    return this.#within(() => {
      const items: Expression[] = []
      if (this.#token.kind === 'sign' && this.#token.value === ')') {
        this.#next += 1
        return items
      }
      for (;;) {
        items.push(this.#binary(RANK.or))
        const { kind, value } = this.#token
        if (kind !== 'sign' || (value !== ',' && value !== ')')) throw this.#unexpected(say`A comma or a closing parenthesis is expected`)
        this.#next += 1
        if (value === ')') return items
      }
    })
  }

  #within<T>(work: () => T): T {
    this.#levels += 1
    if (this.#levels > LIMITS.levels) throw new ExpressionError(say`An expression may be nested ${LIMITS.levels} levels deep at most.`, this.#token.position)
    const result = work()
    this.#levels -= 1
    return result
  }

  #call(name: string, operands: readonly Expression[], position: number): Expression {
    return this.#node({ kind: 'call', name, arguments: operands }, position)
  }

  #advance(node: Expression, position: number): Expression {
    this.#next += 1
    return this.#node(node, position)
  }

  #node(node: Expression, position: number): Expression {
    if (this.#positions.size >= LIMITS.nodes)
      throw new ExpressionError(say`An expression may have at most ${LIMITS.nodes} parts (values, fields, operators and functions).`, position)
    this.#positions.set(node, position)
    return node
  }

  #expect(sign: string): void {
    if (this.#token.kind !== 'sign' || this.#token.value !== sign) throw this.#unexpected(say`"${sign}" is expected`)
    this.#next += 1
  }

  #unexpected(expected: Message): ExpressionError {
    const { kind, value, position } = this.#token
    const found = kind === 'end' ? say`the expression ends` : kind === 'text' ? say`there is a text` : say`there is "${value.slice(0, 48)}"`
    return new ExpressionError(say`${expected} here, but ${found}.`, position)
  }
}
