/** The grammar's words and ranks, which parser and printer share. */

/** How strongly operators bind, weakest first. `not` and the minus sign stand before their operand, the others between two. */
export const RANK = { or: 1, and: 2, not: 3, comparison: 4, join: 5, sum: 6, product: 7, minus: 8, operand: 9 } as const

/** Ranks of the operators between two operands, by the name that they have in the tree. */
export const BINARY: ReadonlyMap<string, number> = new Map([
  ['or', RANK.or],
  ['and', RANK.and],
  ['=', RANK.comparison],
  ['!=', RANK.comparison],
  ['<', RANK.comparison],
  ['<=', RANK.comparison],
  ['>', RANK.comparison],
  ['>=', RANK.comparison],
  ['in', RANK.comparison],
  ['&', RANK.join],
  ['+', RANK.sum],
  ['-', RANK.sum],
  ['*', RANK.product],
  ['/', RANK.product],
  ['%', RANK.product],
])

/** Other ways to write an operator. */
export const OPERATOR_ALIASES: ReadonlyMap<string, string> = new Map([
  ['==', '='],
  ['<>', '!='],
  ['&&', 'and'],
  ['||', 'or'],
  ['!', 'not'],
])

/** Words that are no field names, in any case; a field of such a name is written in brackets. */
export const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'true', 'false', 'null'])

/** All operator signs, longer ones first where one begins another. */
export const SIGNS = ['!=', '<>', '<=', '>=', '==', '&&', '||', '=', '<', '>', '+', '-', '*', '/', '%', '&', '!', '(', ')', ',', '[', ']'] as const

export const LIMITS = { characters: 2000, nodes: 200, levels: 50, integerDigits: 30, fractionDigits: 20 } as const
