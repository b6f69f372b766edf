import { GuanxiError, say } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { fieldLevel } from '../access/secured.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { columnOf } from './columns.ts'
import { encodeText } from './encode.ts'
import type { PlanBuilder } from './plan-builder.ts'
import type { Operand } from './request.ts'

const MAX_TERMS = 8
const MAX_LENGTH = 200

/** Words of a search text; every one must be found, each in any searchable field. Throws LIMIT_EXCEEDED. */
export function searchTerms(value: unknown): readonly string[] {
  const text = encodeText(value)
  const length = [...text].length
  if (length > MAX_LENGTH) throw new GuanxiError('LIMIT_EXCEEDED', say`A search text may have ${MAX_LENGTH} characters; this one has ${length}.`)
  const terms = text.split(/\s+/u).filter((term) => term.length > 0)
  if (terms.length > MAX_TERMS) throw new GuanxiError('LIMIT_EXCEEDED', say`A search may have ${MAX_TERMS} words; this one has ${terms.length}.`)
  return terms
}

/** The part of a search text that decides about the statement's text: the number of words, and which are single characters. */
export function searchShape(value: unknown): string {
  if (value === null || value === undefined) return '-'
  try {
    return searchTerms(value)
      .map((term) => ([...term].length > 1 ? 'w' : 'c'))
      .join('')
  } catch {
    // What is wrong with it is told where the field is planned, with its place.
    return '!'
  }
}

/**
 * Condition that each word is part of some searchable field that the reader may read. Words of two characters and more
 * use the fields' bigram indexes; PostgreSQL's own full-text search makes one token of a Chinese sentence and its trigrams need three.
 */
export function searchSql(operand: Operand, module: ModuleDefinition, alias: string, builder: PlanBuilder): string {
  const value = builder.peek(operand)
  if (value === null || value === undefined) return 'TRUE'
  const terms = searchTerms(value)
  const fields = module.searchableFields.filter((field) => {
    const level = fieldLevel(builder.policy, module.name, field.name)
    return level === 'READ' || level === 'WRITE'
  })
  if (terms.length === 0) return 'TRUE'
  if (fields.length === 0) return 'FALSE'
  const conditions = terms.map((term, index) => {
    const encode = (given: unknown) => searchTerms(given)[index]
    const placeholder =
      operand.kind === 'constant'
        ? builder.constant(term)
        : builder.parameter(`search ${operand.name} ${index}`, (inputs) => encode(inputs.variables[operand.name]))
    const needle = `guanxi_search_fold(${placeholder}::text)`
    const indexed = [...term].length > 1
    const arms = fields.map((field) => {
      const column = `guanxi_search_fold(${quoteIdentifier(alias)}.${field.type === 'PHONE' ? columnOf(field, 'e164') : columnOf(field)})`
      const found = `strpos(${column}, ${needle}) > 0`
      return indexed ? `(guanxi_bigrams(${column}) @> guanxi_bigrams(${needle}) AND ${found})` : found
    })
    return `(${arms.join(' OR ')})`
  })
  return conditions.join(' AND ')
}
