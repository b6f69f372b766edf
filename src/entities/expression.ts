/**
 * A parsed expression over the fields of one record (FORMULA, the filter of a ROLLUP, `requiredWhen`). It points at fields by their
 * permanent ids, so that a rename touches no expression; `records/formula` reads, checks, prints and compiles it.
 */
export type Expression =
  /** A number is kept as decimal text. */
  | { readonly kind: 'literal'; readonly type: 'number' | 'text'; readonly value: string }
  | { readonly kind: 'literal'; readonly type: 'boolean'; readonly value: boolean }
  | { readonly kind: 'literal'; readonly type: 'null' }
  /** Value of the field with this id. */
  | { readonly kind: 'field'; readonly field: string }
  /** Operators are functions too: `+`, `and`, `=` … */
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
