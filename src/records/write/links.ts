import type { Issue } from '../../errors/index.ts'

/** What an input does to the links of a REFERENCES field, by ids. */
export interface LinkChange {
  /**
   * `set`: links that it does not name end, but for those to records in the recycle bin, which come back with them, and to records that the writer cannot
   * read: a new version would tell that there are any.
   */
  readonly replaces: boolean
  /** New targets; the issue counts unless the record is linked to it already. */
  readonly added: Map<string, Issue | null>
  readonly removed: Set<string>
}

/** Targets that a record is linked to, and that are no part of what its writer sees. */
export interface HiddenTargets {
  /** In the recycle bin. */
  readonly gone: ReadonlySet<string>
  /** The writer cannot read them. */
  readonly unseen: ReadonlySet<string>
}

/** Ids of all targets after the change, in order. What is both added and removed is there. */
export function linksAfter({ replaces, added, removed }: LinkChange, before: readonly string[], { gone, unseen }: HiddenTargets): string[] {
  const kept = before.filter((id) => (replaces ? gone.has(id) || unseen.has(id) : !removed.has(id)))
  return [...new Set([...kept, ...added.keys()])].sort()
}

/** The change in the form of its input, for conflicts. */
export function linkInput({ replaces, added, removed }: LinkChange): Readonly<Record<string, readonly string[]>> {
  return replaces ? { set: [...added.keys()] } : { add: [...added.keys()], remove: [...removed] }
}
