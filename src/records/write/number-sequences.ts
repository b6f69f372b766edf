import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { literalSql } from '../sql-text.ts'
import type { Session } from './session.ts'

/** So far a sequence is moved on number by number, which only ever goes forward, whoever else takes numbers meanwhile. */
const MAX_STEPS = 10_000

/** The next numbers of an AUTO_NUMBER that may have gaps: no writer waits for another, and a transaction that fails loses its numbers. */
export async function takeFromSequence(session: Session, field: FieldDefinition, count: number): Promise<number[]> {
  if (session.origin.dryRun) return previewNumbers(session, field, count)
  const rows = await session.transaction.query<{ number: string }>({
    text: `SELECT nextval(${sequenceOf(field)})::text AS number FROM generate_series(1, $1::int)`,
    values: [count],
    purpose: 'record',
  })
  return rows.map(({ number }) => Number(number)).sort((a, b) => a - b)
}

/**
 * Moves the sequence past a number that somebody chose. A number further away than anybody takes in the meantime is set, under a lock that those who set
 * wait for, so that of two the greater one stays.
 */
export async function moveSequence(session: Session, field: FieldDefinition, past: number): Promise<void> {
  if (session.origin.dryRun) {
    session.previewed.set(field.id, Math.max(past, session.previewed.get(field.id) ?? 0))
    return
  }
  const distance = await distanceTo(session, field, past)
  if (distance <= 0) return
  if (distance <= MAX_STEPS) {
    await session.transaction.query({
      text: `SELECT max(nextval(${sequenceOf(field)})) FROM generate_series(1, $1::int)`,
      values: [distance],
      purpose: 'record',
    })
    return
  }
  await session.transaction.query({
    text: "SELECT pg_advisory_xact_lock(hashtextextended('guanxi.sequence:' || $1, 0))",
    values: [field.id],
    purpose: 'record',
  })
  if ((await distanceTo(session, field, past)) > 0)
    await session.transaction.query({ text: `SELECT setval(${sequenceOf(field)}, $1::bigint)`, values: [past], purpose: 'record' })
}

/** The numbers that would be next. A sequence gives nothing back, so a dry run leaves it alone. */
async function previewNumbers(session: Session, field: FieldDefinition, count: number): Promise<number[]> {
  const last = Math.max(-(await distanceTo(session, field, 0)), session.previewed.get(field.id) ?? 0)
  session.previewed.set(field.id, last + count)
  return Array.from({ length: count }, (_, offset) => last + 1 + offset)
}

async function distanceTo(session: Session, field: FieldDefinition, past: number): Promise<number> {
  const [row] = await session.transaction.query<{ distance: string }>({
    text: `SELECT $1::bigint - CASE WHEN is_called THEN last_value ELSE 0 END AS distance FROM ${quoteIdentifier(`${field.column}_seq`)}`,
    values: [past],
    purpose: 'record',
  })
  return Number(row?.distance ?? 0)
}

function sequenceOf(field: FieldDefinition): string {
  return literalSql(quoteIdentifier(`${field.column}_seq`))
}
