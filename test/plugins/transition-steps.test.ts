import { describe, expect, test } from '@jest/globals'
import type { TransitionRule } from '../../src/plugins/api/index.ts'
import { fieldSteps } from '../../src/plugins/host/transition-steps.ts'
import type { Principal } from '../../src/records/access/policy.ts'
import type { FieldDefinition } from '../../src/records/registry/index.ts'

const field = (transitions?: readonly { from: string | null; to: string | null }[]) =>
  ({
    name: 'status',
    options: ['a', 'b', 'c'].map((value) => ({ value, label: { en: value }, ...(value === 'c' && { retired: true }) })),
    ...(transitions && { transitions }),
  }) as unknown as FieldDefinition
const by = (...roles: string[]) => ({ kind: 'user', roles }) as unknown as Principal
const pairs = (steps: ReturnType<typeof fieldSteps>) => steps.map(({ from, to }) => `${from}>${to}`)

describe('steps of a field', () => {
  test('from anywhere, and never to an option that is retired, nor to itself', () => {
    expect(
      pairs(
        fieldSteps(
          field(),
          [
            [
              { from: '*', to: 'a' },
              { from: 'a', to: 'c' },
            ],
          ],
          by(),
        ),
      ),
    ).toEqual(['b>a', 'c>a'])
  })

  test('are those that all allow: the field itself, and each plugin', () => {
    const both = field([
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ])
    expect(pairs(fieldSteps(both, [[{ from: '*', to: 'b' }]], by()))).toEqual(['a>b'])
    const rules: TransitionRule[][] = [
      [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
      [
        { from: null, to: 'a' },
        { from: 'b', to: 'a' },
      ],
    ]
    expect(pairs(fieldSteps(field(), rules, by()))).toEqual(['null>a', 'b>a'])
  })

  test('lead to no value where all say so, and begin where the field itself says', () => {
    const clearing: TransitionRule[] = [
      { from: 'a', to: 'b' },
      { from: '*', to: null },
    ]
    expect(pairs(fieldSteps(field(), [clearing], by()))).toEqual(['a>b', 'a>null', 'b>null', 'c>null'])
    expect(pairs(fieldSteps(field([{ from: 'a', to: 'b' }]), [clearing], by()))).toEqual(['a>b'])
    const own = [
      { from: null, to: 'a' },
      { from: 'a', to: null },
    ]
    expect(pairs(fieldSteps(field(own), [], by()))).toEqual(['null>a', 'a>null'])
    expect(pairs(fieldSteps(field(own), [[{ from: 'a', to: 'b' }]], by()))).toEqual(['null>a'])
  })

  test('tell what they need by the way that is open, and who may take them', () => {
    const ways: TransitionRule[] = [
      { from: 'a', to: 'b', roles: ['x'] },
      { from: 'a', to: 'b', requires: ['reason'], roles: ['y'] },
    ]
    const [open] = fieldSteps(field(), [ways], by('y'))
    expect(open).toEqual({ from: 'a', to: 'b', requires: ['reason'], roles: ['x', 'y'], allowed: true })
    expect(fieldSteps(field(), [ways], by('z'))[0]).toEqual({ from: 'a', to: 'b', requires: [], roles: ['x', 'y'], allowed: false })
    expect(fieldSteps(field(), [ways, [{ from: 'a', to: 'b', roles: ['y', 'w'], requires: ['date'] }]], by('y'))[0]).toEqual({
      from: 'a',
      to: 'b',
      requires: ['reason', 'date'],
      roles: ['y'],
      allowed: true,
    })
  })
})
