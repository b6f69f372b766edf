/** Pairs that one read answers, since nobody is a member of a project twice. */
const MOST = 500

/** All pairs of one of these and one of those, in blocks of at most 500 pairs. */
export function blocks(ones: readonly string[], others: readonly string[]): (readonly [readonly string[], readonly string[]])[] {
  if (others.length === 0) return []
  const width = Math.min(others.length, MOST)
  return parts(others, width).flatMap((part) => parts(ones, Math.floor(MOST / width)).map((some) => [some, part] as const))
}

/** Parts of at most so many. */
export function parts<Item>(items: readonly Item[], most: number): Item[][] {
  const found: Item[][] = []
  for (let start = 0; start < items.length; start += most) found.push(items.slice(start, start + most))
  return found
}
