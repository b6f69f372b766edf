import { createHash } from 'node:crypto'

const MAX_BYTES = 63

/**
 * Name under which PostgreSQL returns a response key. PostgreSQL cuts names after 63 bytes, so longer keys get a digest;
 * operations that have one take the ordinary path, whose resolvers use this function too. (GraphQL names are ASCII.)
 */
export function columnKey(responseKey: string): string {
  if (responseKey.length <= MAX_BYTES) return responseKey
  return `${responseKey.slice(0, 40)}~${createHash('sha256').update(responseKey).digest('hex').slice(0, 20)}`
}

export function isLongKey(responseKey: string): boolean {
  return responseKey.length > MAX_BYTES
}
