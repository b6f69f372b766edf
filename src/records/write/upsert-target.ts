import type { IssuePath, ParsedInput } from './input.ts'
import type { UpsertItem } from './request.ts'
import { keyName, type UpsertKey } from './upsert-key.ts'

/** One item of an upsert, with what was read of its input and its key. */
export interface UpsertTarget {
  readonly item: UpsertItem
  readonly parsed: ParsedInput
  readonly key: UpsertKey
}

/** Where the key of an item stands in the arguments, for issues about it. */
export function keyPath({ parsed, key }: UpsertTarget): IssuePath {
  return [...parsed.path.slice(0, -1), 'by', keyName(key)]
}
