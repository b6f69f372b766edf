import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import type { Draft } from './draft.ts'
import type { Session } from './session.ts'

/**
 * Gives each created record without one its number, with one statement per series and batch. The series stays locked until the
 * transaction ends, so numbers run in the order of commits; a transaction that fails gives its numbers back. Numbers that the
 * caller chose in the series' own form move the series on, so that it never meets them.
 */
export async function assignNumbers(session: Session, module: ModuleDefinition, drafts: readonly Draft[]): Promise<void> {
  for (const field of module.fields.values()) if (field.type === 'AUTO_NUMBER') await assignSeries(session, field, drafts)
}

async function assignSeries(session: Session, field: FieldDefinition, drafts: readonly Draft[]): Promise<void> {
  const { prefix, padding } = field.numbering ?? { prefix: '', padding: 0 }
  const unnumbered = drafts.filter((draft) => (draft.after[field.name] ?? null) === null)
  const chosen = drafts.map((draft) => numberIn(draft.after[field.name], prefix)).filter((number) => number !== null)
  const past = Math.max(0, ...chosen)
  if (unnumbered.length === 0 && past === 0) return
  const [row] = await session.transaction.query<{ first: string }>({
    text: `INSERT INTO auto_number_series AS s (field_id, next_value) VALUES ($1, greatest(1, $3::bigint + 1) + $2::bigint)
ON CONFLICT (field_id) DO UPDATE SET next_value = greatest(s.next_value, $3::bigint + 1) + $2::bigint RETURNING next_value - $2::bigint AS first`,
    values: [field.id, unnumbered.length, past],
    purpose: 'record',
  })
  const first = Number((row as { first: string }).first)
  for (const [offset, draft] of unnumbered.entries()) draft.put(field.name, `${prefix}${String(first + offset).padStart(padding, '0')}`)
}

function numberIn(value: unknown, prefix: string): number | null {
  if (typeof value !== 'string' || !value.startsWith(prefix)) return null
  const digits = value.slice(prefix.length)
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null
}
