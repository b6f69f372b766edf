import type { FieldDefinition } from '../registry/definition.ts'
import { LIMITS } from './syntax.ts'

/**
 * How large a value can get at most: digits before and behind the point of a number, characters of a text. Known before any row is read, so
 * that only results which may pass the limits are cut.
 */
export interface Extent {
  readonly integer: number
  readonly fraction: number
  readonly length: number
}

export const MAX_TEXT = 100_000

/** What every bounded value fits: numbers below 1e30 with 20 digits behind the point, texts of 100,000 characters. */
export const BOUNDED: Extent = { integer: LIMITS.integerDigits, fraction: LIMITS.fractionDigits, length: MAX_TEXT }

/** More than can be counted on. */
const UNKNOWN: Extent = { integer: 1000, fraction: 1000, length: MAX_TEXT * 1000 }

/** Extent of a field's stored values, as the write pipeline bounds them. Earlier values may have had the bounds that a field has unless it says otherwise. */
export function extentOfField(field: FieldDefinition): Extent {
  if (field.rollup) return UNKNOWN
  switch (field.type) {
    case 'INTEGER':
      return { ...BOUNDED, integer: 10, fraction: 0 }
    case 'RATING':
      return { ...BOUNDED, integer: 5, fraction: 0 }
    case 'DURATION':
      return { ...BOUNDED, integer: 19, fraction: 0 }
    case 'MONEY':
      return { ...BOUNDED, integer: 15, fraction: 4 }
    case 'DECIMAL':
    case 'PERCENT':
      return { ...BOUNDED, integer: 28, fraction: Math.max(field.scale ?? 0, 6) }
    case 'LONG_TEXT':
      return { ...BOUNDED, length: Math.max(field.maxLength ?? 0, MAX_TEXT) }
    case 'URL':
      return { ...BOUNDED, length: Math.max(field.maxLength ?? 0, 2048) }
    default:
      return field.formula ? BOUNDED : { ...BOUNDED, length: Math.max(field.maxLength ?? 0, 500) }
  }
}

/**
 * SQL that keeps a result within the limits: a number of 1e30 or more (and NaN) becomes null, digits behind the 20th are rounded, a text is
 * cut. `greatest` and `least` pass over null, which the two `nullif` then make of it again; nothing is computed twice.
 */
export function boundSql(sql: string, type: 'number' | 'text', extent: Extent): readonly [string, Extent] {
  if (type === 'text') return extent.length > MAX_TEXT ? [`left(${sql}, ${MAX_TEXT})`, { ...extent, length: MAX_TEXT }] : [sql, extent]
  const { fraction, integer } = extent
  const rounded = fraction > LIMITS.fractionDigits ? `round(${sql}, ${LIMITS.fractionDigits})` : sql
  const small = integer > LIMITS.integerDigits ? `nullif(nullif(least(greatest(${rounded}, -1e30), 1e30), 1e30), -1e30)` : rounded
  return [small, { ...extent, integer: Math.min(integer, LIMITS.integerDigits), fraction: Math.min(fraction, LIMITS.fractionDigits) }]
}
