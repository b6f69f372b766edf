import { createHash } from 'node:crypto'
import { GuanxiError, say } from '../../errors/index.ts'
import { bindValues } from '../../records/access/bind-values.ts'
import type { Principal } from '../../records/access/policy.ts'
import { lastModuleOf, modulesUpTo, passingDigestSql, reachDigest } from '../../records/access/reach-digest.ts'
import type { Executor } from '../../records/database.ts'
import { decodeCursor, encodeCursor, readFresh } from '../../records/read/index.ts'
import type { Registry } from '../../records/registry/definition.ts'

/** What cursors of changes are authenticated with; their places are those of the outbox. */
const FINGERPRINT = 'changes:'

/** Where changes stand now. Decimal text. */
export interface ChangePlaces {
  /** Of the last change that has a place. */
  readonly last: string
  /** Changes up to here are kept no longer. */
  readonly floor: string
  /** Digest of what is shared with the reader, and of what conditions of his grants take from him; null where there is nothing of it. */
  readonly shared: string | null
}

/** Whose changes a cursor counts, and which of them. */
export interface Reader {
  readonly principal: Principal
  readonly registry: Registry
  readonly cursorKey: string
  /** Digest of the filter; empty for none. */
  readonly filter: string
}

/** Throws StaleEpochError. */
export async function readPlaces({ policy }: Principal, registry: Registry, executor: Executor): Promise<ChangePlaces> {
  const values: unknown[] = []
  const shared = passingDigestSql(policy, registry, bindValues(values, policy))
  const data = `(SELECT json_build_object('last', outbox_position::text, 'floor', outbox_floor::text, 'shared', ${shared}) FROM stamper)`
  return JSON.parse((await readFresh(data, values, policy, executor)) ?? '{"last":"0","floor":"0","shared":null}') as ChangePlaces
}

/**
 * A cursor is bound to the rows that its reader may read (`reachDigest`, shares) and to the filter: where these have changed without a change of the records themselves, what lies behind
 * it does not tell what came into sight and what went out of it.
 */
export function cursorAt(position: string, shared: string | null, { principal, registry, cursorKey, filter }: Reader): string {
  const lastModule = lastModuleOf(registry)
  return encodeCursor(
    [position, String(lastModule), reachDigest(principal.policy, modulesUpTo(registry, lastModule)), shared ?? '', filter],
    FINGERPRINT,
    cursorKey,
  )
}

/** The position of a cursor. Throws CURSOR_INVALID, CURSOR_EXPIRED, and RESYNC with a fresh cursor. */
export function positionOf(cursor: string, places: ChangePlaces, reader: Reader): string {
  const { principal, registry, cursorKey, filter } = reader
  const [position, lastModule, reach, shared, filtered] = decoded(cursor, cursorKey)
  if (BigInt(position as string) > BigInt(places.last))
    throw new GuanxiError('CURSOR_INVALID', say`The cursor is ahead of all changes; it was made by another database.`)
  const fresh = { cursor: cursorAt(places.last, places.shared, reader) }
  if (BigInt(position as string) < BigInt(places.floor)) throw cursorExpired(fresh.cursor)
  const isSame =
    reach === reachDigest(principal.policy, modulesUpTo(registry, Number(lastModule))) &&
    shared === (places.shared ?? '') &&
    (filtered === '' || filtered === filter)
  if (!isSame)
    throw new GuanxiError(
      'RESYNC',
      say`What you may read, or the filter, is not what it was at this cursor. Read the current state, and go on after \`cursor\`, which was taken before.`,
      fresh,
    )
  return position as string
}

/** Changes since a place are kept no longer; with a cursor of now. */
export function cursorExpired(cursor: string): GuanxiError {
  const message = say`Changes since this cursor are kept no longer. Read the current state, and go on after \`cursor\`, which was taken before.`
  return new GuanxiError('CURSOR_EXPIRED', message, { cursor })
}

/** Digest of a filter as it was given; empty for none. */
export function filterDigest(module: string, filter: unknown, id: unknown): string {
  if (filter == null && id == null) return ''
  return createHash('sha256')
    .update(JSON.stringify([module, filter ?? null, id ?? null]))
    .digest('base64url')
    .slice(0, 16)
}

function decoded(cursor: string, cursorKey: string): readonly string[] {
  try {
    return decodeCursor(cursor, FINGERPRINT, 5, { cursorKey, decodedCursors: new Map() }) as string[]
  } catch (error) {
    if (error instanceof GuanxiError)
      throw new GuanxiError('CURSOR_INVALID', say`This is no cursor of changes of this installation. Take one from changeCursor.`)
    throw error
  }
}
