import { createHash } from 'node:crypto'
import { GuanxiError, say } from '../../errors/index.ts'
import { literalSql } from '../sql-text.ts'
import type { PlanInputs } from './plan-builder.ts'

const MAC_LENGTH = 12

/**
 * A cursor is base64 of `<mac><JSON array of the row's order values as text>`. The MAC covers the list's fingerprint
 * (module and order), so a cursor of another list, or a changed one, is refused.
 */
export function cursorSql(values: readonly string[], fingerprint: string, keyPlaceholder: string): string {
  const payload = `json_build_array(${values.map((value) => `(${value})::text`).join(', ')})::text`
  return `(SELECT replace(encode(convert_to(left(encode(sha256(convert_to(${keyPlaceholder}::text || ${literalSql(fingerprint)} || c.p, 'UTF8')), 'hex'), ${MAC_LENGTH}) || c.p, 'UTF8'), 'base64'), E'\\n', '') FROM (SELECT ${payload} AS p) c)`
}

function macOf(payload: string, fingerprint: string, key: string): string {
  return createHash('sha256')
    .update(key + fingerprint + payload)
    .digest('hex')
    .slice(0, MAC_LENGTH)
}

/** A cursor made outside SQL, of the same form. */
export function encodeCursor(values: readonly string[], fingerprint: string, key: string): string {
  const payload = JSON.stringify(values)
  return Buffer.from(macOf(payload, fingerprint, key) + payload).toString('base64')
}

/** Order values of a cursor. Throws CURSOR_INVALID. */
export function decodeCursor(
  value: unknown,
  fingerprint: string,
  count: number,
  inputs: Pick<PlanInputs, 'cursorKey' | 'decodedCursors'>,
): readonly (string | null)[] {
  const text = String(value)
  const memo = `${fingerprint}\n${text}`
  const known = inputs.decodedCursors.get(memo)
  if (known) return known
  const bytes = Buffer.from(text, 'base64')
  const decoded = bytes.toString('utf8')
  const payload = decoded.slice(MAC_LENGTH)
  // The text is compared too: base64 of Node skips characters that are not of its alphabet.
  if (macOf(payload, fingerprint, inputs.cursorKey) !== decoded.slice(0, MAC_LENGTH) || bytes.toString('base64') !== text) {
    throw new GuanxiError('CURSOR_INVALID', say`The cursor is not one of this list. Take cursors from an answer of the same connection with the same order.`)
  }
  const values = JSON.parse(payload) as (string | null)[]
  if (values.length !== count) throw new GuanxiError('CURSOR_INVALID', say`The cursor does not fit the order of this list.`)
  inputs.decodedCursors.set(memo, values)
  return values
}

/** Which values of a cursor are null, without checking it: decides about the statement's text. */
export function cursorShape(value: unknown): string {
  if (value === null || value === undefined) return '-'
  try {
    const payload = JSON.parse(Buffer.from(String(value), 'base64').toString('utf8').slice(MAC_LENGTH)) as unknown[]
    return payload.map((item) => (item === null ? 'n' : 'v')).join('')
  } catch {
    return '!'
  }
}
