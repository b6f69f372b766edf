/** The table of functions, and nothing else; docs/formula-functions.md is generated from it. */
import type { Expression } from '../../entities/expression.ts'
import { say } from '../../errors/index.ts'
import { canonicalDateTime, isDateText } from '../../lib/time-text.ts'
import { literalSql } from '../sql-text.ts'
import { isShortText, TEXT_OF, textExtent } from './conversions.ts'
import { BOUNDED, type Extent, MAX_TEXT } from './extent.ts'
import { dayOfSql, daysBetweenSql, hoursBetweenSql, partSql } from './moment-sql.ts'
import { joinedExtent, joinSql } from './operators.ts'
import { type FunctionDefinition, forEachType, type Operand, type Overload } from './overload.ts'
import { EXPRESSION_TYPES, type ExpressionType, type OperandType } from './types.ts'

const QUANTITIES = ['number', 'money'] as const
const MOMENTS = ['date', 'dateTime'] as const
/** First the type of `null` alone, which stays null. */
const ANY = ['null', ...EXPRESSION_TYPES] as const

const COUNT: Extent = { ...BOUNDED, integer: 10, fraction: 0 }
const same = (a: Operand | undefined): Extent => a?.extent ?? BOUNDED
const widest = (...operands: readonly Operand[]): Extent => ({
  integer: Math.max(...operands.map(({ extent }) => extent.integer)),
  fraction: Math.max(...operands.map(({ extent }) => extent.fraction)),
  length: Math.max(...operands.map(({ extent }) => extent.length)),
})

const call =
  (name: string): Overload['sql'] =>
  (...operands) =>
    `${name}(${operands.map(({ sql }) => sql).join(', ')})`

/** SQL of a whole number within bounds that PostgreSQL can take as an int; what a literal gives is computed here. */
function integerSql(operand: Operand | undefined, low: number, high: number): string {
  if (operand?.literal === undefined) return `public.guanxi_integer(${operand?.sql}, ${low}, ${high})`
  return String(Math.min(Math.max(Math.trunc(Number(operand.literal)), low), high))
}

const quantity = (name: string): readonly Overload[] => forEachType(QUANTITIES, (type) => ({ takes: [type], gives: type, extent: grown, sql: call(name) }))

/** Rounding 9.9 makes one digit more. */
const grown = (a: Operand | undefined): Extent => ({ ...same(a), integer: same(a).integer + 1 })

const rounded = (type: ExpressionType): readonly Overload[] => [
  { takes: [type], gives: type, extent: grown, sql: call('round') },
  // Rounding to a whole number of tens can make 1e30 of any number.
  { takes: [type, 'number'], gives: type, extent: (a) => ({ ...grown(a), integer: 31 }), sql: (a, n) => `round(${a?.sql}, ${integerSql(n, -30, 20)})` },
]

const extreme = (name: string): readonly Overload[] =>
  forEachType([...QUANTITIES, ...MOMENTS], (type) => ({ takes: [type, type], rest: type, gives: type, extent: widest, sql: call(name) }))

const text = (sql: Overload['sql'], extent?: Overload['extent']): readonly Overload[] => [{ takes: ['text'], gives: 'text', sql, ...(extent && { extent }) }]

const SPACES = String.raw`E' \t\n\r\u00a0\u3000'`

const end = (name: 'left' | 'right'): readonly Overload[] => [
  { takes: ['text', 'number'], gives: 'text', extent: same, sql: (a, n) => `${name}(${a?.sql}, ${integerSql(n, 0, MAX_TEXT)})` },
]

/** Without regard to case and width, like the API's filters; false where a text is null. */
const match = (sql: (a: string, b: string) => string): Overload => ({
  takes: ['text', 'text'],
  gives: 'boolean',
  certain: true,
  sql: (a, b) => `coalesce(${sql(`public.guanxi_fold(${a?.sql})`, `public.guanxi_fold(${b?.sql})`)}, FALSE)`,
})

const part = (name: string): readonly Overload[] =>
  forEachType(MOMENTS, (type) => ({ takes: [type], gives: 'number', extent: () => COUNT, sql: (a) => partSql(name, type, a?.sql ?? '') }))

const shift = (name: string): readonly Overload[] => forEachType(MOMENTS, (type) => ({ takes: [type, 'number'], gives: type, sql: call(name) }))

const emptySql: Readonly<Partial<Record<OperandType, (sql: string) => string>>> = {
  text: (sql) => `(coalesce(${sql}, '') = '')`,
  list: (sql) => `(coalesce(cardinality(${sql}), 0) = 0)`,
}

const literalText = (node: Expression | undefined): string | null => (node?.kind === 'literal' && node.type === 'text' ? node.value : null)

export const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = new Map<string, FunctionDefinition>([
  [
    'if',
    {
      usage: 'if(condition, a, b)',
      meaning: '`a` where the condition holds, else `b`; a condition of null does not hold.',
      overloads: forEachType(ANY, (type) => ({
        takes: ['boolean', type, type],
        gives: type,
        extent: (_, a, b) => widest(a as Operand, b as Operand),
        sql: (condition, a, b) => `(CASE WHEN ${condition?.sql} THEN ${a?.sql} ELSE ${b?.sql} END)`,
      })),
    },
  ],
  [
    'coalesce',
    {
      usage: 'coalesce(a, b, …)',
      meaning: 'The first of the values that is not null.',
      overloads: forEachType(ANY, (type) => ({ takes: [type, type], rest: type, gives: type, extent: widest, sql: call('coalesce') })),
    },
  ],
  [
    'isEmpty',
    {
      usage: 'isEmpty(x)',
      meaning: 'True for null, for a text without characters and for a list without options. Takes fields of every type.',
      overloads: forEachType([...EXPRESSION_TYPES, 'list', 'record', 'structure'], (type) => ({
        takes: [type],
        gives: 'boolean',
        certain: true,
        sql: (a) => (emptySql[type] ?? ((sql) => `(${sql} IS NULL)`))(a?.sql ?? ''),
      })),
    },
  ],
  ['abs', { usage: 'abs(x)', meaning: 'The number without its sign.', overloads: quantity('abs') }],
  [
    'round',
    {
      usage: 'round(x, digits)',
      meaning: 'Rounded to so many digits behind the point (0 unless given, −30 to 20), halves away from zero.',
      overloads: QUANTITIES.flatMap(rounded),
    },
  ],
  ['floor', { usage: 'floor(x)', meaning: 'The next whole number below.', overloads: quantity('floor') }],
  ['ceil', { usage: 'ceil(x)', meaning: 'The next whole number above.', overloads: quantity('ceil') }],
  ['min', { usage: 'min(a, b, …)', meaning: 'The smallest number, amount or date; null is passed over.', overloads: extreme('least') }],
  ['max', { usage: 'max(a, b, …)', meaning: 'The largest number, amount or date; null is passed over.', overloads: extreme('greatest') }],
  [
    'money',
    {
      usage: 'money(x)',
      meaning: "A number as an amount in the organisation's currency.",
      overloads: [{ takes: ['number'], gives: 'money', extent: same, sql: (a) => a?.sql ?? '' }],
    },
  ],
  [
    'number',
    {
      usage: 'number(x)',
      meaning: 'The number that a text writes in plain digits (null where it writes none), or an amount of money without its currency.',
      overloads: [
        { takes: ['text'], gives: 'number', sql: call('public.guanxi_number') },
        { takes: ['money'], gives: 'number', extent: same, sql: (a) => a?.sql ?? '' },
      ],
    },
  ],
  [
    'text',
    {
      usage: 'text(x)',
      meaning: 'The value as text: `1234.5`, `true`, `2026-01-31`, `2026-01-31T08:00:00.000Z`.',
      overloads: forEachType(EXPRESSION_TYPES, (type) => ({
        takes: [type],
        gives: 'text',
        extent: (a) => textExtent(type, same(a)),
        sql: (a) => TEXT_OF[type](a?.sql ?? ''),
      })),
    },
  ],
  [
    'concat',
    {
      usage: 'concat(a, b, …)',
      meaning: 'The values as texts, one after another, like `a & b`; null as an empty text.',
      overloads: [{ takes: ['text'], rest: 'text', gives: 'text', certain: true, joins: true, extent: joinedExtent, sql: joinSql }],
    },
  ],
  // A few letters become up to three when their case is changed.
  [
    'upper',
    { usage: 'upper(x)', meaning: 'The text in capital letters.', overloads: text(call('upper'), (a) => ({ ...BOUNDED, length: same(a).length * 3 })) },
  ],
  ['lower', { usage: 'lower(x)', meaning: 'The text in small letters.', overloads: text(call('lower'), (a) => ({ ...BOUNDED, length: same(a).length * 3 })) }],
  ['trim', { usage: 'trim(x)', meaning: 'The text without white space at its ends.', overloads: text((a) => `btrim(${a?.sql}, ${SPACES})`, same) }],
  [
    'length',
    {
      usage: 'length(x)',
      meaning: 'How many characters the text has.',
      overloads: [{ takes: ['text'], gives: 'number', extent: () => COUNT, sql: (a) => `char_length(${a?.sql})::numeric` }],
    },
  ],
  ['left', { usage: 'left(x, count)', meaning: 'The first characters of the text.', overloads: end('left') }],
  ['right', { usage: 'right(x, count)', meaning: 'The last characters of the text.', overloads: end('right') }],
  [
    'contains',
    {
      usage: 'contains(x, part)',
      meaning: 'True where the text contains the other one, whatever the case and width of letters; or where a list has exactly this option.',
      overloads: [
        match((a, b) => `strpos(${a}, ${b}) > 0`),
        { takes: ['list', 'text'], gives: 'boolean', certain: true, sql: (list, value) => `coalesce(${value?.sql} = ANY(${list?.sql}), FALSE)` },
      ],
    },
  ],
  [
    'startsWith',
    {
      usage: 'startsWith(x, part)',
      meaning: 'True where the text begins with the other one, whatever the case and width of letters.',
      overloads: [match((a, b) => `starts_with(${a}, ${b})`)],
    },
  ],
  [
    'endsWith',
    {
      usage: 'endsWith(x, part)',
      meaning: 'True where the text ends with the other one, whatever the case and width of letters.',
      // Turned round, so that the part is named once.
      overloads: [match((a, b) => `starts_with(reverse(${a}), reverse(${b}))`)],
    },
  ],
  [
    'replace',
    {
      usage: 'replace(x, part, "new")',
      meaning: 'The text with every occurrence of the part (as it is written) replaced by another text, of at most 100 characters in quotes.',
      overloads: [
        {
          takes: ['text', 'text', 'text'],
          gives: 'text',
          extent: (a, _, replacement) => ({ ...BOUNDED, length: same(a).length * Math.max(1, [...(replacement?.literal ?? '')].length) }),
          sql: call('replace'),
          complaint: (_, __, replacement) =>
            isShortText(replacement, 100) ? null : say`The third argument of replace() is a text in quotes of at most 100 characters.`,
        },
      ],
    },
  ],
  [
    'date',
    {
      usage: 'date("2026-01-31")',
      meaning: 'This day.',
      overloads: [
        {
          takes: ['text'],
          gives: 'date',
          certain: true,
          sql: (a) => `${literalSql(a?.literal ?? '')}::date`,
          complaint: (a) =>
            isDateText(literalText(a) ?? '') ? null : say`date() takes a day in quotes, such as date("2026-01-31"); use dateOf() for the day of an instant.`,
        },
      ],
    },
  ],
  [
    'dateTime',
    {
      usage: 'dateTime("2026-01-31T08:00:00Z")',
      meaning: 'This instant (RFC 3339).',
      overloads: [
        {
          takes: ['text'],
          gives: 'dateTime',
          certain: true,
          sql: (a) => `${literalSql(canonicalDateTime(a?.literal ?? '') ?? '')}::timestamptz`,
          complaint: (a) =>
            canonicalDateTime(literalText(a) ?? '') === null ? say`dateTime() takes an instant in quotes, such as dateTime("2026-01-31T08:00:00Z").` : null,
        },
      ],
    },
  ],
  ['year', { usage: 'year(x)', meaning: 'The year of a date, or of an instant in UTC.', overloads: part('year') }],
  ['month', { usage: 'month(x)', meaning: 'The month, 1 to 12.', overloads: part('month') }],
  ['day', { usage: 'day(x)', meaning: 'The day of the month, 1 to 31.', overloads: part('day') }],
  ['weekday', { usage: 'weekday(x)', meaning: 'The day of the week, 1 (Monday) to 7.', overloads: part('isodow') }],
  [
    'addDays',
    {
      usage: 'addDays(x, days)',
      meaning: 'So many days later, like `x + days`. Dates take whole days. Null outside the years 1 to 9999.',
      overloads: shift('public.guanxi_add_days'),
    },
  ],
  [
    'addMonths',
    {
      usage: 'addMonths(x, months)',
      meaning: 'So many whole months later; the 31st becomes the last day of a shorter month. Null outside the years 1 to 9999.',
      overloads: shift('public.guanxi_add_months'),
    },
  ],
  [
    'daysBetween',
    {
      usage: 'daysBetween(from, to)',
      meaning: 'Days from one date or instant to another, like `to - from`; with a fraction where one has a time.',
      overloads: [
        { takes: ['date', 'date'], gives: 'number', extent: () => COUNT, sql: (from, to) => `(${to?.sql} - ${from?.sql})::numeric` },
        { takes: ['dateTime', 'dateTime'], gives: 'number', sql: (from, to) => daysBetweenSql(from?.sql ?? '', to?.sql ?? '') },
      ],
    },
  ],
  [
    'hoursBetween',
    {
      usage: 'hoursBetween(from, to)',
      meaning: 'Hours from one instant to another, with a fraction.',
      overloads: [{ takes: ['dateTime', 'dateTime'], gives: 'number', sql: (from, to) => hoursBetweenSql(from?.sql ?? '', to?.sql ?? '') }],
    },
  ],
  [
    'dateOf',
    { usage: 'dateOf(x)', meaning: 'The day of an instant in UTC.', overloads: [{ takes: ['dateTime'], gives: 'date', sql: (a) => dayOfSql(a?.sql ?? '') }] },
  ],
  [
    'today',
    {
      usage: 'today()',
      meaning: 'The day of reading, in UTC. A formula that depends on it cannot be indexed.',
      overloads: [{ takes: [], gives: 'date', certain: true, volatile: true, sql: () => dayOfSql('now()') }],
    },
  ],
  [
    'now',
    {
      usage: 'now()',
      meaning: 'The moment of reading. A formula that depends on it cannot be indexed.',
      overloads: [{ takes: [], gives: 'dateTime', certain: true, volatile: true, sql: () => 'now()::timestamptz(3)' }],
    },
  ],
])
