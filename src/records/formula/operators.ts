import type { Expression } from '../../entities/expression.ts'
import { say } from '../../errors/index.ts'
import { BOUNDED, type Extent } from './extent.ts'
import { daysBetweenSql } from './moment-sql.ts'
import { forEachType, type Operand, type Overload } from './overload.ts'
import { EXPRESSION_TYPES, SQL_TYPES } from './types.ts'

/**
 * Operators by their name in the tree. Comparisons and and, or, not are two-valued: null equals null alone, is neither less nor more than
 * anything, and counts as false.
 */
export const OPERATORS: ReadonlyMap<string, readonly Overload[]> = new Map<string, readonly Overload[]>([
  ['or', [logical((a, b) => `(${truth(a)} OR ${truth(b)})`)]],
  ['and', [logical((a, b) => `(${truth(a)} AND ${truth(b)})`)]],
  ['not', [{ takes: ['boolean'], gives: 'boolean', certain: true, sql: (a) => `(NOT ${truth(a as Operand)})` }]],
  ['=', equality('IS NOT DISTINCT FROM')],
  ['!=', equality('IS DISTINCT FROM')],
  ...['<', '<=', '>', '>='].map((sign) => [sign, ordering(sign)] as const),
  [
    'in',
    forEachType(EXPRESSION_TYPES, (type) => ({
      takes: [type, type],
      rest: type,
      gives: 'boolean',
      certain: true,
      complaint: (_, ...list) => (list.every(isConstant) ? null : say`The list behind in holds values written out, such as ("won", "lost"), and no null.`),
      sql: (value, ...list) => `coalesce(${value?.sql} = ANY(ARRAY[${list.map(({ sql }) => sql).join(', ')}]::${SQL_TYPES[type]}[]), FALSE)`,
    })),
  ],
  ['&', [{ takes: ['text', 'text'], gives: 'text', certain: true, joins: true, extent: joinedExtent, sql: joinSql }]],
  [
    '+',
    [
      ...forEachType(['number', 'money'], (type) => ({ takes: [type, type], gives: type, extent: sumExtent, sql: infix('+') })),
      ...forEachType(['date', 'dateTime'], (type) => ({ takes: [type, 'number'], gives: type, sql: call('public.guanxi_add_days') })),
      ...forEachType(['date', 'dateTime'], (type) => ({
        takes: ['number', type],
        gives: type,
        sql: (a, b) => `public.guanxi_add_days(${b?.sql}, ${a?.sql})`,
      })),
    ],
  ],
  [
    '-',
    [
      ...forEachType(['number', 'money'], (type) => ({ takes: [type], gives: type, extent: (a) => (a as Operand).extent, sql: (a) => `(- ${a?.sql})` })),
      ...forEachType(['number', 'money'], (type) => ({ takes: [type, type], gives: type, extent: sumExtent, sql: infix('-') })),
      { takes: ['date', 'date'], gives: 'number', sql: infix('-', '::numeric') },
      { takes: ['dateTime', 'dateTime'], gives: 'number', sql: (a, b) => daysBetweenSql((b as Operand).sql, (a as Operand).sql) },
      ...forEachType(['date', 'dateTime'], (type) => ({
        takes: [type, 'number'],
        gives: type,
        sql: (a, b) => `public.guanxi_add_days(${a?.sql}, (- ${b?.sql}))`,
      })),
    ],
  ],
  [
    '*',
    [
      { takes: ['number', 'number'], gives: 'number', extent: productExtent, sql: infix('*') },
      { takes: ['money', 'number'], gives: 'money', extent: productExtent, sql: infix('*') },
      { takes: ['number', 'money'], gives: 'money', extent: productExtent, sql: infix('*') },
    ],
  ],
  [
    '/',
    [
      { takes: ['number', 'number'], gives: 'number', extent: quotientExtent, sql: quotientSql },
      { takes: ['money', 'number'], gives: 'money', extent: quotientExtent, sql: quotientSql },
      { takes: ['money', 'money'], gives: 'number', extent: quotientExtent, sql: quotientSql },
    ],
  ],
  ['%', [{ takes: ['number', 'number'], gives: 'number', sql: (a, b) => `mod(${a?.sql}, nullif(${b?.sql}, 0))` }]],
])

/** A value that is written out: what a list can hold so that an index may serve it. */
function isConstant(node: Expression): boolean {
  if (node.kind === 'literal') return node.type !== 'null'
  return node.kind === 'call' && ['-', 'date', 'dateTime'].includes(node.name) && node.arguments.length === 1 && node.arguments.every(isConstant)
}

function truth({ sql, certain }: Operand): string {
  return certain ? sql : `coalesce(${sql}, FALSE)`
}

function logical(sql: (a: Operand, b: Operand) => string): Overload {
  return { takes: ['boolean', 'boolean'], gives: 'boolean', certain: true, sql: (a, b) => sql(a as Operand, b as Operand) }
}

function equality(sign: string): readonly Overload[] {
  return forEachType(EXPRESSION_TYPES, (type) => ({ takes: [type, type], gives: 'boolean', certain: true, sql: infix(sign) }))
}

function ordering(sign: string): readonly Overload[] {
  return forEachType(['number', 'money', 'text', 'date', 'dateTime'], (type) => ({
    takes: [type, type],
    gives: 'boolean',
    certain: true,
    sql: (a, b) => `coalesce(${a?.sql} ${sign} ${b?.sql}, FALSE)`,
  }))
}

function infix(sign: string, cast = ''): Overload['sql'] {
  return (a, b) => `(${a?.sql} ${sign} ${b?.sql})${cast}`
}

function call(name: string): Overload['sql'] {
  return (...operands) => `${name}(${operands.map(({ sql }) => sql).join(', ')})`
}

/** The texts one after another, null as an empty one. */
export function joinSql(...operands: readonly Operand[]): string {
  if (operands.length === 0) return "''::text"
  return `(${operands.map(({ sql, certain }) => (certain ? sql : `coalesce(${sql}, '')`)).join(' || ')})`
}

export function joinedExtent(...operands: readonly Operand[]): Extent {
  return { ...BOUNDED, length: operands.reduce((sum, { extent }) => sum + extent.length, 0) }
}

function sumExtent(...operands: readonly Operand[]): Extent {
  const [a, b] = operands.map(({ extent }) => extent) as [Extent, Extent]
  return { ...BOUNDED, integer: Math.max(a.integer, b.integer) + 1, fraction: Math.max(a.fraction, b.fraction) }
}

function productExtent(...operands: readonly Operand[]): Extent {
  const [a, b] = operands.map(({ extent }) => extent) as [Extent, Extent]
  return { ...BOUNDED, integer: a.integer + b.integer, fraction: a.fraction + b.fraction }
}

const QUOTIENT_DIGITS = 10

/** PostgreSQL divides to as many digits as the operands have, 16 in all at least: the zero makes it 20 behind the point. */
function quotientSql(...operands: readonly Operand[]): string {
  const [a, b] = operands as [Operand, Operand]
  return `round((${a.sql} + 0.00000000000000000000) / nullif(${b.sql}, 0), ${QUOTIENT_DIGITS})`
}

/** The smallest divisor is the last digit behind the point. */
function quotientExtent(...operands: readonly Operand[]): Extent {
  const [a, b] = operands.map(({ extent }) => extent) as [Extent, Extent]
  return { ...BOUNDED, integer: a.integer + b.fraction, fraction: QUOTIENT_DIGITS }
}
