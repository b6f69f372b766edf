import { describe, expect, test } from '@jest/globals'
import type { TransitionRule } from '../../src/plugins/api/index.ts'
import { pluginRules } from '../../src/plugins/host/hooks.ts'
import type { PluginInstance } from '../../src/plugins/host/instance.ts'
import { fieldSteps } from '../../src/plugins/host/transition-steps.ts'
import type { Principal } from '../../src/records/access/policy.ts'
import type { FieldDefinition } from '../../src/records/registry/index.ts'
import type { PendingChange, RuleContext } from '../../src/records/write/index.ts'

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

/** What a plugin's transitions say of a step from `secret` to `b`. */
function refusalsOf(
  transitions: readonly TransitionRule[],
  level: string,
  { given, derived = false }: { readonly given: boolean; readonly derived?: boolean },
) {
  const instance = {
    enabled: { name: 'judge', userId: null },
    loaded: { definition: { transitions: { 'case.status': transitions } } },
  } as unknown as PluginInstance
  const told: unknown[] = []
  const change = {
    operation: 'UPDATED',
    before: { status: 'secret' },
    after: { status: 'b', note: null },
    changes: () => true,
    given: () => given,
    refuse: (...[name, code, message]: Parameters<PendingChange['refuse']>) => told.push([name, code, message.toString()]),
  } as unknown as PendingChange
  const policy = { modules: new Map([['case', { fields: new Map([['status', level]]), partial: new Map([['status', { read: [] }]]) }]]) }
  const context = { principal: { kind: 'user', userId: 'somebody', roles: ['seller'], policy }, derived } as unknown as RuleContext
  for (const rule of pluginRules({ noteReads: async () => {} }, [instance], []).last) void rule.before?.([change], context)
  return told
}

describe('a step that a plugin refuses', () => {
  const untold = [null, 'TRANSITION', 'This record cannot be written as it stands; ask an administrator.']
  const ways: readonly (readonly [string, readonly TransitionRule[], boolean])[] = [
    ['leads nowhere', [{ from: 'a', to: 'b' }], false],
    ['is for other roles', [{ from: 'secret', to: 'b', roles: ['admin'] }], false],
    ['needs a value', [{ from: 'secret', to: 'b', requires: ['note'] }], true],
  ]

  test.each(ways)('since it %s is told without where the record stands to who is not shown that', (_, transitions, derived) => {
    expect(refusalsOf(transitions, 'HIDDEN', { given: false, derived })).toEqual([untold])
    expect(refusalsOf(transitions, 'MASKED', { given: false })).toEqual([untold])
    // What is derived is nothing that he has seen.
    if (derived) expect(refusalsOf(transitions, 'HIDDEN', { given: true, derived })).toEqual([untold])
  })

  test.each(ways)('since it %s is told in full to who is shown it, or writes it himself', (_, transitions) => {
    for (const [level, given] of [
      ['READ', false],
      ['WRITE', false],
      ['HIDDEN', true],
    ] as const) {
      const [[name, code, message]] = refusalsOf(transitions, level, { given }) as [[string, string, string]]
      expect([['status', 'note'].includes(name), code]).toEqual([true, 'TRANSITION'])
      expect(message).toMatch(/status/)
    }
  })
})
