/** Up to three of the names that a misspelt one may mean, nearest first. Case does not count. */
export function nearNames(name: string, names: readonly string[]): readonly string[] {
  const written = name.toLowerCase().slice(0, 48)
  return names
    .map((each) => ({ each, distance: distanceTo(written, each.toLowerCase()) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ each }) => each)
}

/** Levenshtein's distance, at most 2 where one begins with all of the other. */
function distanceTo(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  const distance = row[b.length] as number
  return a.length > 2 && (b.startsWith(a) || a.startsWith(b)) ? Math.min(distance, 2) : distance
}
