import { isDeepStrictEqual } from 'node:util'

/** Members that a description need not name: then they stay as they are. */
export const KEPT_UNLESS_NAMED: ReadonlySet<string> = new Set(['label', 'labels', 'help', 'helps', 'position', 'searchable', 'aliases', 'name', 'accessParent'])

type Description = Readonly<Record<string, unknown>>

/** Members in which a field or module would differ from `described` if it became `wanted`, by name. */
export function differences(described: object, wanted: object): string[] {
  const [before, after] = [described as Description, wanted as Description]
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return members.filter((member) => {
    if (after[member] == null && KEPT_UNLESS_NAMED.has(member)) return false
    // Here false is a value, and text and number are not the same.
    if (member === 'default') return !isDeepStrictEqual(before[member] ?? null, after[member] ?? null)
    return !isDeepStrictEqual(plain(before[member]), plain(after[member]))
  })
}

/** False is what a flag is that nobody names, and a list of nothing none; inputs give members that are null where descriptions leave them out. */
function plain(value: unknown): unknown {
  if (value === false || value === undefined) return null
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(plain)
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? String(value) : value
  const members = Object.entries(value).flatMap(([name, member]) => (plain(member) === null ? [] : [[name, plain(member)] as const]))
  return Object.fromEntries(members)
}
