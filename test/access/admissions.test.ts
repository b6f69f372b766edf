import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { covers, coversAll, intersected, united } from '../../src/records/access/admissions.ts'
import { type Admission, type Predicate, SCOPES } from '../../src/records/access/policy.ts'

/** Rows are numbers: a scope has the rows below a bound, a condition those that a bit of the number lets through; each has a parent. */
const BOUNDS = { OWN: 8, TEAM: 16, TEAM_TREE: 24, ALL: 32 } as const
const ROWS = Array.from({ length: 32 }, (_, row) => row)
const BITS = ['a', 'b', 'c']

function holds(where: Predicate | undefined, row: number): boolean {
  if (!where) return true
  const { node } = where
  return node.kind === 'and'
    ? node.nodes.every((inner) => holds({ ...where, node: inner }, row))
    : (row & (1 << BITS.indexOf((node as { system: { name: string } }).system.name))) !== 0
}

const parentOf = (row: number) => (row * 5 + 3) % ROWS.length
const admits = ({ scope, where, parent }: Admission, row: number): boolean =>
  row < BOUNDS[scope] && holds(where, row) && (parent?.some((each) => admits(each, parentOf(row))) ?? true)
const reached = (admissions: readonly Admission[]) => ROWS.filter((row) => admissions.some((each) => admits(each, row)))

const predicate = (name: string): Predicate => ({
  node: { kind: 'externalId', system: { kind: 'variable', name }, externalKey: { kind: 'variable', name } },
  key: name,
  plain: true,
})
const admission = fc
  .record({ scope: fc.constantFrom(...SCOPES), where: fc.option(fc.constantFrom(...BITS).map(predicate), { nil: undefined }) })
  .map(({ scope, where }): Admission => (where ? { scope, where } : { scope }))
const child = fc
  .record({ own: admission, parents: fc.option(fc.array(admission, { minLength: 1, maxLength: 3 }), { nil: undefined }) })
  .map(({ own, parents }): Admission => (parents ? { ...own, parent: united(parents) } : own))
const admissions = fc.array(child, { maxLength: 5 })

test('united and intersected admissions admit what they should, none of them in vain, in an order of their own', () => {
  fc.assert(
    fc.property(admissions, admissions, (some, others) => {
      const one = united(some)
      expect(reached(one)).toEqual(reached(some))
      for (const each of one) expect(one.filter((other) => other !== each && covers(other, each))).toEqual([])
      expect(united([...some].reverse())).toEqual(one)
      expect(reached(intersected(some, others))).toEqual(reached(some).filter((row) => reached(others).includes(row)))
      // Told without looking at rows, so only that it is never wrong when it says yes.
      if (coversAll(some, others)) expect(reached(others).filter((row) => !reached(some).includes(row))).toEqual([])
    }),
    { numRuns: 1_000 },
  )
})
