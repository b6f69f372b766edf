import { type Admission, type Predicate, SCOPES } from './policy.ts'

/** Every row that `narrow` admits is one that `wide` admits, as far as can be told without looking at rows. */
export function covers(wide: Admission, narrow: Admission): boolean {
  const isWithin = width(wide) >= width(narrow) && (wide.where === undefined || wide.where.key === narrow.where?.key)
  return isWithin && (wide.parent === undefined || (narrow.parent !== undefined && coversAll(wide.parent, narrow.parent)))
}

/** The same for several, each of which suffices to admit a row. */
export function coversAll(wide: readonly Admission[], narrow: readonly Admission[]): boolean {
  return narrow.every((each) => wide.some((other) => covers(other, each)))
}

/** The fewest admissions that admit the same rows, in an order that does not depend on the given one. */
export function united(admissions: readonly Admission[]): readonly Admission[] {
  const sorted = [...admissions].sort((a, b) => width(b) - width(a) || compare(a.where?.key ?? '', b.where?.key ?? '') || compare(parentKey(a), parentKey(b)))
  return sorted.filter((each, index) => !sorted.some((other, place) => place !== index && covers(other, each) && (place < index || !covers(each, other))))
}

/** Admits what both admit. */
export function intersected(some: readonly Admission[], others: readonly Admission[]): readonly Admission[] {
  return united(some.flatMap((one) => others.map((other) => both(one, other))))
}

function both(one: Admission, other: Admission): Admission {
  if (covers(one, other)) return other
  if (covers(other, one)) return one
  const { scope } = width(one) < width(other) ? one : other
  const where = one.where && other.where ? conjunction(one.where, other.where) : (one.where ?? other.where)
  const parent = one.parent && other.parent ? intersected(one.parent, other.parent) : (one.parent ?? other.parent)
  return { scope, ...(where && { where }), ...(parent && { parent }) }
}

/** Parents of the same key are the same. */
export function parentKey({ parent }: Admission): string {
  return parent ? JSON.stringify(admissionsKey(parent)) : ''
}

/** What tells admissions from others, to be written as JSON. */
export function admissionsKey(admissions: readonly Admission[] | undefined): unknown {
  return admissions?.map(({ scope, where, parent }) => [scope, where?.key, admissionsKey(parent)])
}

function conjunction(one: Predicate, other: Predicate): Predicate {
  if (one.key === other.key) return one
  return { node: { kind: 'and', nodes: [one.node, other.node] }, key: JSON.stringify([one.key, other.key].sort()), plain: one.plain && other.plain }
}

function width({ scope }: Admission): number {
  return SCOPES.indexOf(scope)
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
