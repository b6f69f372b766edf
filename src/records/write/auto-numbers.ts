import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import type { Draft } from './draft.ts'
import { moveSequence, takeFromSequence } from './number-sequences.ts'
import type { Session } from './session.ts'

/** One run of numbers: what stands before the digits, and the key under which the next number is kept. */
interface Series {
  readonly key: string
  readonly prefix: string
}

/**
 * Gives each created record without one its number, with one statement per series and batch. A gapless series stays locked until the
 * transaction ends, so numbers run in the order of commits; a transaction that fails gives its numbers back. Others come from a sequence, for which
 * nobody waits. Numbers that the caller chose in the series' own form move the series on, so that it never meets them.
 */
export async function assignNumbers(session: Session, module: ModuleDefinition, drafts: readonly Draft[]): Promise<void> {
  for (const field of module.fields.values()) if (field.type === 'AUTO_NUMBER') await assignSeries(session, field, drafts)
}

async function assignSeries(session: Session, field: FieldDefinition, drafts: readonly Draft[]): Promise<void> {
  const series = seriesOf(field, session.at.slice(0, 4))
  const unnumbered = drafts.filter((draft) => (draft.after[field.name] ?? null) === null)
  const past = Math.max(0, ...drafts.map((draft) => numberIn(draft.after[field.name], series.prefix)))
  const numbers = await (field.numbering?.gapless === false ? takeLoosely : takeInOrder)(session, field, series, unnumbered.length, past)
  for (const [index, draft] of unnumbered.entries())
    draft.put(field.name, `${series.prefix}${String(numbers[index]).padStart(field.numbering?.padding ?? 0, '0')}`)
  await moveLaterYears(session, field, drafts)
}

/** The series from which a record of the year gets its number. */
function seriesOf(field: FieldDefinition, year: string): Series {
  const prefix = field.numbering?.prefix ?? ''
  return field.numbering?.perYear ? { key: `${field.id}:${year}`, prefix: `${prefix}${year}-` } : { key: field.id, prefix }
}

async function takeInOrder(session: Session, _field: FieldDefinition, { key }: Series, count: number, past: number): Promise<number[]> {
  if (count === 0 && past === 0) return []
  const [row] = await session.transaction.query<{ first: string }>({
    text: `INSERT INTO auto_number_series AS s (field_id, next_value) VALUES ($1, greatest(1, $3::bigint + 1) + $2::bigint)
ON CONFLICT (field_id) DO UPDATE SET next_value = greatest(s.next_value, $3::bigint + 1) + $2::bigint RETURNING next_value - $2::bigint AS first`,
    values: [key, count, past],
    purpose: 'record',
  })
  const first = Number((row as { first: string }).first)
  return Array.from({ length: count }, (_, offset) => first + offset)
}

async function takeLoosely(session: Session, field: FieldDefinition, _series: Series, count: number, past: number): Promise<number[]> {
  if (past > 0) await moveSequence(session, field, past)
  return count > 0 ? takeFromSequence(session, field, count) : []
}

/** Numbers of years to come that the caller chose: their series must not meet them either, once it begins. */
async function moveLaterYears(session: Session, field: FieldDefinition, drafts: readonly Draft[]): Promise<void> {
  if (!field.numbering?.perYear) return
  const now = session.at.slice(0, 4)
  const pasts = new Map<string, number>()
  for (const draft of drafts) {
    const value = draft.after[field.name]
    const year = typeof value === 'string' ? value.slice(field.numbering.prefix.length, field.numbering.prefix.length + 4) : ''
    const number = /^\d{4}$/.test(year) && year > now ? numberIn(value, seriesOf(field, year).prefix) : 0
    if (number > 0) pasts.set(year, Math.max(number, pasts.get(year) ?? 0))
  }
  for (const [year, past] of pasts) await takeInOrder(session, field, seriesOf(field, year), 0, past)
}

/** The number of a text in the series' form; 0 for any other. */
function numberIn(value: unknown, prefix: string): number {
  if (typeof value !== 'string' || !value.startsWith(prefix)) return 0
  const digits = value.slice(prefix.length)
  return /^\d{1,15}$/.test(digits) ? Number(digits) : 0
}
