import type { Issue } from '../../errors/index.ts'

/** What an input does to the links of a REFERENCES field, by ids. */
export interface LinkChange {
  /** `set`: links that it does not name end, but for those to records in the recycle bin, which come back with them. */
  readonly replaces: boolean
  /** New targets; the issue counts unless the record is linked to it already. */
  readonly added: Map<string, Issue | null>
  readonly removed: Set<string>
}

/** Ids of all targets after the change, in order. What is both added and removed is there. `gone`: targets in the recycle bin. */
export function linksAfter({ replaces, added, removed }: LinkChange, before: readonly string[], gone: ReadonlySet<string>): string[] {
  const kept = before.filter((id) => (replaces ? gone.has(id) : !removed.has(id)))
  return [...new Set([...kept, ...added.keys()])].sort()
}

/** The change in the form of its input, for conflicts. */
export function linkInput({ replaces, added, removed }: LinkChange): Readonly<Record<string, readonly string[]>> {
  return replaces ? { set: [...added.keys()] } : { add: [...added.keys()], remove: [...removed] }
}
